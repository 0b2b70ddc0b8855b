"""The command line: ``python -m training COMMAND``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Sequence

from device.errors import ConfigError, MienError
from training.commands import (
    balance,
    blend,
    distil,
    evaluate,
    hack,
    landmarks,
    lr_find,
    mask,
    predict,
    search,
    train,
)
from training.ctrl_c import INTERRUPTED, interruptible, leave
from training.epochs import what_is_kept
from training.errors import RunError
from training.quiet import quiet_stderr, set_environment

BACKENDS = ("tensorflow", "jax", "torch")
COMMANDS = {
    "distil": distil,
    "train": train,
    "balance": balance,
    "blend": blend,
    "evaluate": evaluate,
    "hack": hack,
    "landmarks": landmarks,
    "lr-find": lr_find,
    "mask": mask,
    "predict": predict,
    "search": search,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 where it failed, or 2 where its settings are wrong."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        with interruptible():
            # Workers that lose one another make TensorFlow talk; one line of ours says it all.
            apart = bool(getattr(arguments, "distribute", None))
            _import_keras(silent=apart and not arguments.debug)
            COMMANDS[arguments.command].run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our lines has seen enough; Python would complain of it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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


def _import_keras(*, silent: bool) -> None:
    """Import Keras on its backend quietly, once it is known that a command will run."""
    backend = os.environ.get("KERAS_BACKEND", BACKENDS[0])
    if backend not in BACKENDS:
        raise ConfigError(f"KERAS_BACKEND is {backend!r}: use {', '.join(BACKENDS)}")
    set_environment(silent=silent)
    try:
        with quiet_stderr():
            import keras  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"cannot import {error.name}: pip install -r requirements-train.txt, or, for "
            f"KERAS_BACKEND={backend}, pip install {backend}"
        ) from error


def _after_interrupt(arguments: argparse.Namespace) -> str:
    if arguments.command in ("train", "distil", "landmarks", "mask"):
        return f"stopped: {what_is_kept(arguments.out)}"
    if arguments.command == "search":
        return "stopped: the same command goes on with the study"
    return "stopped"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Train and evaluate Mien's networks."
    )
    parsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        own = parsers.add_parser(name, help=command.HELP, description=command.HELP)
        command.add_arguments(own)
        own.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    leave(main())
