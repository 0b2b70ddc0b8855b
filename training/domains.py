"""One model on several data sets, side by side: what it loses away from home."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.classifier import Classifier
from training.data import Dataset
from training.degraded import copies
from training.errors import DataError
from training.evaluate import Evaluation, evaluate
from training.left_out import LeftOut, reasons
from training.subject import Subject


@dataclass(frozen=True)
class Domain:
    """A data set, or a copy of one that has lost something.

    name: what people call it.
    subject: which of its images are measured.
    degraded: whether it is a copy of the first one.
    learned: whether training may have shown what such a copy has lost.
    """

    name: str
    dataset: Dataset
    subject: Subject
    degraded: bool = False
    learned: bool = False


@dataclass(frozen=True)
class Measured:
    """What a model makes of a domain.

    images: how many were measured.
    left_out: what was not, and why.
    """

    name: str
    evaluation: Evaluation
    left_out: tuple[LeftOut, ...] = ()
    degraded: bool = False
    learned: bool = False

    @property
    def accuracy(self) -> float:
        """Share that is read right, 0-1."""
        return self.evaluation.scores.accuracy

    @property
    def error(self) -> float:
        """The expected calibration error, 0-1."""
        return self.evaluation.reliability.error

    @property
    def standard_error(self) -> float:
        """How far ``accuracy`` may be off by chance, 0-1: one standard error."""
        share = self.accuracy
        return math.sqrt(share * (1 - share) / self.evaluation.scores.images)

    @property
    def mean_recall(self) -> float:
        """Mean recall of the classes that have images, 0-1: it hangs on no mixture of them."""
        scores = self.evaluation.scores
        return float(scores.recall[scores.support > 0].mean())

    def recall(self, label: str) -> float | None:
        """Return the share of the images of ``label`` that is read so; None where it has none."""
        scores = self.evaluation.scores
        if label not in scores.classes:
            return None
        place = scores.classes.index(label)
        return float(scores.recall[place]) if scores.support[place] else None

    def to_dict(self) -> dict[str, object]:
        """Return all figures as what JSON can hold."""
        return {
            "name": self.name,
            "origin": self.evaluation.origin,
            "degraded": self.degraded,
            "learned": self.learned,
            "mean_recall": round(self.mean_recall, 4),
            "standard_error": round(self.standard_error, 4),
            "left_out": reasons(self.left_out),
            "images_left_out": len(self.left_out),
        } | self.evaluation.to_dict()


@dataclass(frozen=True)
class Comparison:
    """A model on several domains; the first is home.

    name: the model's. classes: what it chooses between, in its order.
    domains: at least one.
    """

    name: str
    classes: tuple[str, ...]
    domains: tuple[Measured, ...]

    @property
    def home(self) -> Measured:
        """The domain that the others are held against."""
        return self.domains[0]

    def means(self) -> dict[str, tuple[float, float]]:
        """Return mean accuracy and mean calibration error of the degraded copies, by name.

        Once over all, once over those whose kind of loss no training shows.
        """
        groups = {
            "mean of the degraded copies": [d for d in self.domains if d.degraded],
            "of those, not learned": [d for d in self.domains if d.degraded and not d.learned],
        }
        return {
            name: (float(np.mean([d.accuracy for d in group])),
                   float(np.mean([d.error for d in group])))
            for name, group in groups.items() if group
        }  # fmt: skip

    def to_dict(self) -> dict[str, object]:
        """Return all figures as what JSON can hold."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "domains": [domain.to_dict() for domain in self.domains],
            "means": {
                name: {"accuracy": round(accuracy, 4), "calibration_error": round(error, 4)}
                for name, (accuracy, error) in self.means().items()
            },
        }


def compare(classifier: Classifier, domains: Iterator[Domain]) -> Comparison:
    """Ask ``classifier`` about each of ``domains``, of which there is at least one.

    Raises DataError, naming the domain, where it has no image of a class that is asked for.
    """
    measured = []
    for domain in domains:
        try:
            evaluation = evaluate(classifier, domain.dataset, domain.subject)
        except DataError as error:
            raise DataError(f"{domain.name}: {error}") from error
        measured.append(
            Measured(domain.name, evaluation, domain.dataset.left_out, domain.degraded,
                     domain.learned)
        )  # fmt: skip
    classes = tuple(
        name for name in classifier.classes
        if any(name in m.evaluation.scores.classes for m in measured)
    )  # fmt: skip
    return Comparison(classifier.name, classes, tuple(measured))


def degraded(domain: Domain, seed: int = 0) -> Iterator[Domain]:
    """Yield copies of ``domain``, each of which has lost something, one at a time."""
    whole = domain.dataset.split(domain.subject.split)
    nothing = whole.take(np.zeros(len(whole), dtype=np.bool_))
    for kind, copy in copies(whole, seed):
        dataset = Dataset(nothing, nothing, copy, domain.dataset.classes)
        subject = Subject("test", classes=domain.subject.classes)
        yield Domain(kind.name, dataset, subject, degraded=True, learned=kind.learned)


def names_of(paths: list[Path]) -> list[str]:
    """Return what to call the data sets at ``paths``: short, and each name once."""
    names: list[str] = []
    for path in paths:
        plain = path.absolute().name
        for suffix in (".xz", ".gz", ".zip", ".csv"):
            plain = plain.removesuffix(suffix)
        plain = plain or "data"
        number, name = 1, plain
        while name in names:
            number += 1
            name = f"{plain} {number}"
        names.append(name)
    return names
