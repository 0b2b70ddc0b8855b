"""The options of commands that train on several processors at once, and what is told of it."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from device.errors import ConfigError

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.distribution.group import Group

# How long to wait for other machines.
_WAIT_S = 300.0
_OWN = ("replicas", "scale", "statistics", "wait")


def add_distribution(parser: argparse.ArgumentParser) -> None:
    """Declare who trains together, and how."""
    add = parser.add_argument_group("several processors").add_argument
    add(
        "--distribute", choices=("mirrored", "multiworker"),
        help="share each step among this machine's GPUs, or the machines in TF_CONFIG",
    )  # fmt: skip
    add(
        "--replicas", type=_at_least_one, metavar="N",
        help="with mirrored: how many GPUs (default: all); without any, parts of the processor",
    )  # fmt: skip
    add(
        "--scale", choices=("linear", "none"),
        help="whether batch and rate grow with the number of replicas (default: linear)",
    )  # fmt: skip
    add(
        "--statistics", choices=("each", "shared"),
        help="whether each replica normalises by its own part of a batch, or all by the whole: "
        "as one processor would, which costs many small messages (default: each)",
    )  # fmt: skip
    add(
        "--wait", type=float, metavar="SECONDS",
        help=f"with multiworker: how long to wait for the others (default: {_WAIT_S:.0f})",
    )  # fmt: skip


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: give 1 or more")
    return value


def group_for(arguments: argparse.Namespace) -> Group | None:
    """Return those who train together; None where this process trains alone.

    Raises ConfigError for options or a TF_CONFIG that do not fit, WorkerError where this
    worker's port is taken.
    """
    import keras

    from training.distribution.cluster import cluster_from
    from training.distribution.group import Mirrored, MultiWorker

    kind = arguments.distribute
    given = [name for name in _OWN if getattr(arguments, name) is not None]
    if kind is None:
        if given:
            raise ConfigError(f"--{given[0]} goes with --distribute")
        return None
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ConfigError(
            f"--distribute {kind}: KERAS_BACKEND is {backend!r}, and only tensorflow shares its "
            "steps: set it to that, or leave --distribute out"
        )
    shared = arguments.statistics == "shared"
    if kind == "mirrored":
        if arguments.wait is not None:
            raise ConfigError("--wait goes with --distribute multiworker")
        return Mirrored(arguments.replicas, shared_statistics=shared)
    if arguments.replicas is not None:
        raise ConfigError("--replicas goes with --distribute mirrored: TF_CONFIG names the workers")
    wait_s = _WAIT_S if arguments.wait is None else arguments.wait
    if not 0 < wait_s < 1e6:
        raise ConfigError(f"--wait {wait_s}: give seconds, above 0")
    return MultiWorker(cluster_from(os.environ), wait_s, shared_statistics=shared)


def scaled_for(
    arguments: argparse.Namespace, group: Group, alone: TrainingConfig
) -> TrainingConfig:
    """Return the settings of all replicas together, and say who takes part and what changes.

    Raises ConfigError where a batch cannot be shared evenly.
    """
    from training.distribution.scaling import changes, scaled

    config = scaled(alone, group.replicas, arguments.scale or "linear")
    lines = [group.describe(), *([changes(alone, config)] if group.chief else [])]
    print(*lines, sep="\n", flush=True)
    return config
