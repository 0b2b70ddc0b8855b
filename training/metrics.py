"""What a table of confusions says about a classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# How many pairs of labels people are told of.
CONFUSED = 5

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Figures of a classifier on one split.

    confusion: int64 (k, k), images of the row's label that were given the
        column's label, in the order of ``classes``.
    classes: the names of the k labels.
    """

    confusion: Counts
    classes: tuple[str, ...]

    @classmethod
    def of(cls, labels: Counts, predicted: Counts, classes: tuple[str, ...]) -> Scores:
        """Count the pairs of ``labels`` and ``predicted``, both int64 (n,), n at least 1."""
        count = len(classes)
        pairs = np.bincount(labels * count + predicted, minlength=count * count)
        return cls(pairs.reshape(count, count).astype(np.int64), classes)

    @property
    def images(self) -> int:
        """How many images were counted."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of images with the right label, 0-1."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def support(self) -> Counts:
        """Images of each label, int64 (k,)."""
        return np.asarray(self.confusion.sum(axis=1))

    @property
    def precision(self) -> Shares:
        """For each label, the share that was right of what was given it; 0 where nothing was."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def recall(self) -> Shares:
        """For each label, the share of its images that was given it; 0 where it has none."""
        return _share(np.diag(self.confusion), self.support)

    @property
    def f1(self) -> Shares:
        """For each label, the harmonic mean of precision and recall."""
        return _share(2 * np.diag(self.confusion), self.support + self.confusion.sum(axis=0))

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that have images, each counting the same."""
        return float(self.f1[self.support > 0].mean())

    @property
    def worst(self) -> int:
        """The index of the label with the lowest recall, among those that have images."""
        return int(np.where(self.support > 0, self.recall, np.inf).argmin())

    def most_confused(self, most: int) -> list[tuple[str, str, int, float]]:
        """Return up to ``most`` pairs: label, what it was taken for, how often, share of it."""
        wrong = self.confusion - np.diag(np.diag(self.confusion))
        found = []
        for flat in np.argsort(-wrong, axis=None, kind="stable")[:most]:
            row, column = divmod(int(flat), len(self.classes))
            count = int(wrong[row, column])
            if count:
                found.append(
                    (self.classes[row], self.classes[column], count, count / int(self.support[row]))
                )
        return found

    def to_dict(self) -> dict[str, object]:
        """Return all figures as what JSON can hold, shares rounded to four places."""
        per_label = {
            label: {
                "precision": round(float(self.precision[i]), 4),
                "recall": round(float(self.recall[i]), 4),
                "f1": round(float(self.f1[i]), 4),
                "images": int(self.support[i]),
            }
            for i, label in enumerate(self.classes)
        }
        return {
            "images": self.images,
            "accuracy": round(self.accuracy, 6),
            "macro_f1": round(self.macro_f1, 4),
            "worst_recall": self.classes[self.worst],
            "labels": per_label,
            "most_confused": [
                {"label": label, "read_as": other, "images": count, "share": round(share, 4)}
                for label, other, count, share in self.most_confused(CONFUSED)
            ],
            "confusion": self.confusion.tolist(),
        }


def _share(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> Shares:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
