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


def add_data(parser: argparse.ArgumentParser) -> None:
    """Declare the data set, its labels and its classes."""
    add_path(parser)
    add = parser.add_argument
    add("--votes", type=Path, metavar="FILE", help="FER+ votes (fer2013new.csv) for the same rows")
    add(
        "--labels", choices=("fer2013", "ferplus"),
        help="FER2013's seven labels, or the majority of FER+ votes (default: fer2013)",
    )  # fmt: skip
    add("--classes", metavar="NAMES", help="these classes alone, such as happy,sad (default: all)")


def add_path(parser: argparse.ArgumentParser) -> None:
    """Declare where the data set is."""
    parser.add_argument(
        "--data", type=Path, required=True, metavar="PATH",
        help="FER2013: a CSV (also .gz, .xz, .zip) or a folder of images by class",
    )  # fmt: skip


def class_names(text: str | None) -> tuple[str, ...]:
    """Return the names in a list such as "happy,sad"; none of None."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def training_data(arguments: argparse.Namespace, config: TrainingConfig) -> Dataset:
    """Return the data that ``arguments`` name, with the labels and classes of ``config``.

    Classes that it lacks are told in a warning.

    Raises DataError where it cannot be read, or not be trained on.
    """
    from training.data import load
    from training.soundness import check, missing_classes

    dataset = load(arguments.data, arguments.votes, labels=config.labels)
    if config.classes:
        dataset = dataset.only(config.classes)
    check(dataset)
    for missing in missing_classes(dataset):
        log.warning("%s: %s", arguments.data, missing)
    return dataset
