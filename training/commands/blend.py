"""``python -m training blend``: a network between two."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "have a network that learned more do again what it could before"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add("before", type=Path, metavar="BEFORE", help="a .keras file")
    add("after", type=Path, metavar="AFTER", help="what became of it by --start-from")
    add(
        "--share", type=_share, default=0.5, metavar="SHARE",
        help="how far the weights lie from BEFORE (0) to AFTER (1) (default: 0.5)",
    )  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE", help="the .keras file to write")


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share: give 0 to 1")
    return value


def run(arguments: argparse.Namespace) -> None:
    """Write the network whose weights lie between those of two others."""
    from device.errors import ConfigError
    from training.blend import blend
    from training.keras_file import load_network, save_model

    if arguments.out.suffix != ".keras":
        raise ConfigError(f"--out {arguments.out}: give a name that ends with .keras")
    before, after = (load_network(path) for path in (arguments.before, arguments.after))
    if (before.labels, before.kind) != (after.labels, after.kind):
        raise ConfigError(
            f"{arguments.before} answers {', '.join(before.labels)}, {arguments.after} "
            f"{', '.join(after.labels)}: give a network, and what became of it"
        )
    blend(before.model, after.model, arguments.share)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    save_model(before.model, before.labels, arguments.out, before.kind)
    print(
        f"{arguments.share:.0%} of the way from {arguments.before} to {arguments.after}\n"
        f"Model: {arguments.out}"
    )
