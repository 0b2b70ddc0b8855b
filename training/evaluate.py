"""How well a model reads a split that it has not learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.model import softmax
from training.calibration import Reliability, reliability
from training.classifier import Classifier
from training.data import Dataset, Split
from training.duplicates import also_in
from training.errors import DataError
from training.fer2013 import Images, Labels
from training.metrics import Scores
from training.subject import Subject


@dataclass(frozen=True)
class Repeated:
    """Images that the training split holds as well, byte for byte.

    images: how many.
    accuracy_without: share of the others that is read right, 0-1; None where there are none.
    """

    images: int
    accuracy_without: float | None


@dataclass(frozen=True)
class Evaluation:
    """What a classifier makes of the rows of some classes of a split.

    origin: what the data set itself calls the split; "" where it has no name for it.
    images_in_split: the images of all classes, those that were left out included.
    left_out: classes that the classifier knows and was not let choose.
    accuracy_among_all: share right where it chooses among all its classes, 0-1.
    repeated: None where the training split itself is evaluated, or all images are.
    """

    scores: Scores
    reliability: Reliability
    temperature: float
    origin: str
    images_in_split: int
    left_out: tuple[str, ...]
    accuracy_among_all: float
    repeated: Repeated | None

    def to_dict(self) -> dict[str, object]:
        """Return all figures as what JSON can hold."""
        return self.scores.to_dict() | {
            "images_in_split": self.images_in_split,
            "classes_left_out": list(self.left_out),
            "accuracy_among_all_classes": round(self.accuracy_among_all, 6),
            "in_training": self._repeated(),
            "calibration": {
                "error": round(self.reliability.error, 4),
                "temperature": round(self.temperature, 4),
                "mean_probability": round(self.reliability.mean_probability, 4),
                "bins": self._bins(),
            },
        }

    def _repeated(self) -> dict[str, object] | None:
        if self.repeated is None:
            return None
        without = self.repeated.accuracy_without
        return {
            "images": self.repeated.images,
            "accuracy_without": None if without is None else round(without, 6),
        }

    def _bins(self) -> list[dict[str, float]]:
        """Return the bins of the reliability diagram, also the empty ones."""
        bins = self.reliability
        columns = zip(bins.images, bins.probability, bins.right, strict=True)
        return [
            {"images": int(n), "probability": round(float(p), 4), "right": round(float(r), 4)}
            for n, p, r in columns
        ]


def evaluate(classifier: Classifier, dataset: Dataset, subject: Subject) -> Evaluation:
    """Ask ``classifier`` about the rows of ``subject`` in ``dataset``.

    Where it has more classes than are asked for, its probabilities are renormalised
    over these: that is what it says once it is told that no other is possible.

    Raises DataError where it does not know a class that is asked for, where it and the
    data have less than two in common, and where there are no rows.
    """
    classes = _classes(classifier, dataset, subject.classes)
    whole = dataset.split(subject.split)
    split = dataset.only(classes).split(subject.split)
    logits = classifier.logits(split.images)
    columns = np.array([classifier.classes.index(name) for name in classes])
    # The softmax of some logits is that of all of them, renormalised.
    probabilities = softmax(logits[:, columns], classifier.temperature)
    answers = probabilities.argmax(axis=1).astype(np.int64)
    learned = None if subject.split in ("train", "all") else _learned(classifier, dataset)
    return Evaluation(
        scores=Scores.of(split.labels, answers, classes),
        reliability=reliability(probabilities, split.labels),
        temperature=classifier.temperature,
        origin=split.origin,
        images_in_split=len(whole),
        left_out=tuple(name for name in classifier.classes if name not in classes),
        accuracy_among_all=float((logits.argmax(axis=1) == columns[split.labels]).mean()),
        repeated=None if learned is None else _repeated(split, answers, learned),
    )


def _classes(classifier: Classifier, dataset: Dataset, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes to choose between, in the order asked for, or else of the data."""
    reads = f"{classifier.name} reads {', '.join(classifier.classes)}"
    unknown = [name for name in asked if name not in classifier.classes]
    if unknown:
        raise DataError(f"classes {', '.join(unknown)}: not known to the model: {reads}")
    shared = tuple(name for name in dataset.classes if name in classifier.classes)
    if not asked and len(shared) < 2:
        raise DataError(
            f"{reads}, the data has {', '.join(dataset.classes)}: two or more must be the same"
        )
    return asked or shared


def _learned(classifier: Classifier, dataset: Dataset) -> Images:
    """Return the training images of the classes that ``classifier`` knows."""
    known = [label for label, name in enumerate(dataset.classes) if name in classifier.classes]
    return dataset.train.images[np.isin(dataset.train.labels, known)]


def _repeated(split: Split, answers: Labels, learned: Images) -> Repeated:
    new = ~also_in(split.images, learned)
    right = (answers == split.labels)[new]
    return Repeated(int((~new).sum()), float(right.mean()) if len(right) else None)
