"""``python -m training balance``: give every class at least some recall."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.shared import add_path
from training.reading_options import add_reading, reading_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from training.metrics import Scores

HELP = "have a class that is passed over answered more often"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_path(parser)
    add_reading(parser)
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL", help="a .keras file")
    add(
        "--recall", type=_share, default=0.5, metavar="SHARE",
        help="share of each class's images that is to be read right (default: 0.5)",
    )  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE", help="the .keras file to write")


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share: give more than 0, less than 1")
    return value


def run(arguments: argparse.Namespace) -> None:
    """Write ``arguments.model`` with another bias, chosen on the validation split."""
    import numpy as np

    from device.errors import ConfigError
    from training.balance import shift, shifts_for
    from training.classifier import load_classifier
    from training.data import load
    from training.keras_file import load_model, save_model
    from training.metrics import Scores

    # Before the images are read: a name that does not fit should not cost that time.
    if arguments.out.suffix != ".keras":
        raise ConfigError(f"--out {arguments.out}: give a name that ends with .keras")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    model, classes = load_model(arguments.model)
    dataset = load(arguments.data, reading=reading_of(arguments))
    split = dataset.only(classes).split("validation")
    logits = load_classifier(arguments.model).logits(split.images)
    shifts = shifts_for(logits, split.labels, classes, arguments.recall)
    shift(model, shifts)
    save_model(model, classes, arguments.out)
    before, after = (
        Scores.of(split.labels, answers.argmax(axis=1).astype(np.int64), classes)
        for answers in (logits, logits + shifts)
    )
    print(f"{split.origin or 'validation'}: {len(split):,} images, to choose by and to measure\n")
    print(*_table(before, after, shifts), sep="\n")
    print(f"\nModel: {arguments.out}")


def _table(before: Scores, after: Scores, shifts: npt.NDArray[np.float32]) -> Iterator[str]:
    yield f"{'':<10}{'before':>8}{'after':>8}{'logit':>8}"
    yield f"{'accuracy':<10}{before.accuracy:>8.2%}{after.accuracy:>8.2%}"
    for name, old, new, by in zip(
        before.classes, before.recall, after.recall, shifts.tolist(), strict=True
    ):
        yield f"{name:<10}{old:>8.1%}{new:>8.1%}" + (f"{by:>+8.2f}" if by else "")
