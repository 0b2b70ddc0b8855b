"""Whether a data set can be trained on, and what is odd about it.

FER2013 itself has images in ``PublicTest`` that ``Training`` has as well, and what
people make of it often lacks a class. Who trains should know before, not after.
"""

from __future__ import annotations

import numpy as np

from training.counted import counted
from training.data import Dataset, Split
from training.duplicates import also_in, count_repeated
from training.errors import DataError


def check(dataset: Dataset) -> None:
    """Make sure that there is something to learn and something to select by.

    Raises DataError where train or validation split have no rows, where the train
    split has images of one class only, and where the validation split has a class
    that the train split lacks: whatever is learned would read its images wrong.
    """
    train, validation = (_counts(dataset.split(s), dataset) for s in ("train", "validation"))
    learned = [name for name in dataset.classes if train[name]]
    if len(learned) < 2:
        raise DataError(
            f"all {len(dataset.train):,} images of the train split are {learned[0]}: there is "
            "nothing to tell apart: give two classes or more"
        )
    for name in dataset.classes:
        if validation[name] and not train[name]:
            raise DataError(
                f"the validation split has {validation[name]:,} images of {name}, the train "
                f"split none: add some, or leave it out with --classes {','.join(learned)}"
            )


def missing_classes(dataset: Dataset) -> list[str]:
    """Return a sentence for each split that lacks classes, train or validation."""
    said = []
    for split, means in (("train", "will not be learned"), ("validation", "will not be measured")):
        counts = _counts(getattr(dataset, split), dataset)
        lacking = [name for name in dataset.classes if not counts[name]]
        if lacking:
            said.append(f"the {split} split has no image of {', '.join(lacking)}: {means}")
    return said


def duplicates(dataset: Dataset) -> list[str]:
    """Return a line for each kind of duplicate: across two splits, and in training."""
    said = []
    for one, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
        images, others = getattr(dataset, one), getattr(dataset, other)
        twice = int(also_in(images.images, others.images).sum())
        if twice:
            of = f"{twice:,} of the {len(images):,} {_name(images, one)} images"
            said.append(f"{of} {_stand(twice)} in {_name(others, other)} too")
    repeated, contradicted = count_repeated(dataset.train.images, dataset.train.labels)
    if repeated:
        labels = f", {contradicted:,} of them with different labels" if contradicted else ""
        images = counted(repeated, f"{_name(dataset.train, 'train')} image")
        said.append(f"{images} {_stand(repeated)} there more than once{labels}")
    return said


def _stand(images: int) -> str:
    return "stands" if images == 1 else "stand"


def _counts(split: Split, dataset: Dataset) -> dict[str, int]:
    """Return the number of images of each class."""
    counts = np.bincount(split.labels, minlength=len(dataset.classes))
    return {name: int(counts[i]) for i, name in enumerate(dataset.classes)}


def _name(split: Split, otherwise: str) -> str:
    """Return what the data set itself calls the split, where that is a word."""
    return otherwise if " " in split.origin or not split.origin else split.origin
