"""``python -m training distil``: train a network by what others answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.commands.shared import add_data
from training.commands.train import add_settings, conduct
from training.reading_options import add_reading

HELP = "train a network by what one or more trained ones answer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_data(parser)
    add_reading(parser)
    add_settings(parser)
    parser.add_argument(
        "--teacher", type=Path, required=True, action="append", metavar="MODEL.keras",
        help="a trained network; given more than once, their mean answer teaches",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    """Train, or go on with, the student in ``arguments.out``, and evaluate what it kept."""
    conduct(arguments, teachers=tuple(arguments.teacher))
