"""What several commands take."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.data import Dataset

log = logging.getLogger(__name__)


def add_data(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Declare the data set, its labels and its classes; with ``several``, one or more sets."""
    add_path(parser, several=several)
    add = parser.add_argument
    add("--votes", type=Path, metavar="FILE", help="FER+ votes (fer2013new.csv) for the same rows")
    add(
        "--labels", choices=("fer2013", "ferplus"),
        help="FER2013's seven labels, or the majority of FER+ votes (default: fer2013)",
    )  # fmt: skip
    add("--classes", metavar="NAMES", help="these classes alone, such as happy,sad (default: all)")


def add_path(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Declare where the data set is."""
    what = "FER2013: a CSV (also .gz, .xz, .zip) or a folder of images by class"
    if several:
        parser.add_argument(
            "--data", required=True, action="append", metavar="[NAME=]PATH",
            help=f"{what}; given more than once, they are measured side by side",
        )  # fmt: skip
    else:
        parser.add_argument("--data", type=Path, required=True, metavar="PATH", help=what)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare the file of settings; what is given beside it wins."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE",
        help="settings: TOML, or a run's config.json; the options below win",
    )  # fmt: skip


def folder_for(arguments: argparse.Namespace, name: str, *more: str) -> Path:
    """Return where the figures go of a model that is called ``name``, if it is not said.

    more: what else the folder is called by: no evaluation should overwrite another.
    """
    kind = arguments.model.suffix.removeprefix(".").lower()
    return arguments.out or Path("runs") / "-".join(["evaluate", name, kind, *more])


def class_names(text: str | None) -> tuple[str, ...]:
    """Return the names in a list such as "happy,sad"; none of None."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def training_data(arguments: argparse.Namespace, config: TrainingConfig) -> Dataset:
    """Return the data that ``arguments`` name, with the labels and classes of ``config``.

    Classes that it lacks are told in a warning.

    Raises DataError where it cannot be read, or not be trained on.
    """
    from training.data import load
    from training.reading_options import reading_of
    from training.soundness import check, missing_classes

    reading = reading_of(arguments)
    dataset = load(arguments.data, arguments.votes, labels=config.labels, reading=reading)
    if config.classes:
        dataset = dataset.only(config.classes)
    check(dataset)
    for missing in missing_classes(dataset):
        log.warning("%s: %s", arguments.data, missing)
    return dataset
