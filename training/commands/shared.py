"""What several commands take."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_data(parser: argparse.ArgumentParser) -> None:
    """Declare the data set, its labels and its classes."""
    add = parser.add_argument
    add(
        "--data", type=Path, required=True, metavar="PATH",
        help="FER2013: a CSV (also .gz, .xz, .zip) or a folder of images by class",
    )  # fmt: skip
    add("--votes", type=Path, metavar="FILE", help="FER+ votes (fer2013new.csv) for the same rows")
    add(
        "--labels", choices=("fer2013", "ferplus"),
        help="FER2013's seven labels, or the majority of FER+ votes (default: fer2013)",
    )  # fmt: skip
    add("--classes", metavar="NAMES", help="these classes alone, such as happy,sad (default: all)")


def class_names(text: str | None) -> tuple[str, ...]:
    """Return the names in a list such as "happy,sad"; none of None."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
