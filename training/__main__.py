"""The commands ``python -m training train`` and ``python -m training evaluate``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from device.errors import ConfigError, MienError
from training.errors import RunError
from training.quiet import quiet_stderr, set_environment

# What a shell reports for a program that SIGINT ended.
INTERRUPTED = 130
BACKENDS = ("tensorflow", "jax", "torch")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 where it failed, or 2 where its settings are wrong."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        _run(arguments)
    except KeyboardInterrupt:
        print(f"\n{_after_interrupt(arguments)}", file=sys.stderr)
        return INTERRUPTED
    except (MienError, OSError) as error:
        if arguments.debug:
            traceback.print_exc()
        else:
            print(f"{arguments.command}: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError | RunError) else 1
    return 0


def _run(arguments: argparse.Namespace) -> None:
    backend = os.environ.get("KERAS_BACKEND", BACKENDS[0])
    if backend not in BACKENDS:
        raise ConfigError(f"KERAS_BACKEND is {backend!r}: use {', '.join(BACKENDS)}")
    set_environment()
    try:
        # Keras takes seconds to import: not before it is known that a command will run.
        with quiet_stderr():
            from training import commands
    except ImportError as error:
        raise ConfigError(
            f"cannot import {error.name}: pip install -r requirements-train.txt, or, for "
            f"KERAS_BACKEND={backend}, pip install {backend}"
        ) from error
    command = {"train": commands.train_command, "evaluate": commands.evaluate_command}
    command[arguments.command](arguments)


def _after_interrupt(arguments: argparse.Namespace) -> str:
    if arguments.command == "train":
        return (
            "stopped: the epochs that are done are kept; "
            f"the same command goes on with the run in {arguments.out}"
        )
    return "stopped"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Train and evaluate Mien's networks."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data", type=Path, required=True, metavar="PATH",
        help="FER2013: a CSV (also .gz, .xz, .zip) or a folder of images by class",
    )  # fmt: skip
    shared.add_argument("--debug", action="store_true", help="show tracebacks")
    _add_train(commands.add_parser(
        "train", parents=[shared],
        help="train a network, or go on with a run that was cut off",
    ))  # fmt: skip
    _add_evaluate(commands.add_parser(
        "evaluate", parents=[shared], help="measure a .keras or .tflite model",
    ))  # fmt: skip
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FOLDER", help="the run folder")
    add("--votes", type=Path, metavar="FILE", help="FER+ votes (fer2013new.csv) for the same rows")
    add("--config", type=Path, metavar="FILE", help="settings in TOML; the options below win")
    add("--arch", metavar="NAME", help="architecture (default: mien)")
    add("--epochs", type=int, metavar="N", help="epochs (default: 50)")
    add("--batch-size", type=int, metavar="N", help="images a step (default: 128)")
    add("--seed", type=int, metavar="N", help="seed of weights, order and augmentation")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL", help="a .keras or .tflite file")
    add(
        "--split", choices=("train", "validation", "test"),
        help="default: test where the data has it, else validation",
    )  # fmt: skip
    add("--out", type=Path, metavar="FOLDER", help="where the picture and the figures go")


if __name__ == "__main__":
    sys.exit(main())
