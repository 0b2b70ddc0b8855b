"""From a network's probabilities over time to one steady emotion a face.

A network that sees one frame at a time flickers: a blink, a shadow, noise. People
hold an expression for a second or more, so the last second has a say in each answer.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import UNCERTAIN

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calm:
    """How calmly answers are given.

    average_s: time constant, in seconds, of the average over a face's answers; 0 averages
        nothing.
    margin: by how much another emotion has to be more probable than the one that was
        answered before it takes its place.
    uncertain_below: an emotion that is less probable than this is not answered; half a
        margin more is needed to begin with one, half a margin less to end it.
    """

    average_s: float = 0.7
    margin: float = 0.15
    uncertain_below: float = 0.35


class Emotions:
    """The emotion of each face, by its number.

    labels: the names of the probabilities, in their order.
    """

    def __init__(self, labels: list[str], calm: Calm) -> None:
        self._labels = labels
        self._calm = calm
        self._faces: dict[int, _Face] = {}

    def update(
        self, face_id: int, probabilities: Probabilities, time_s: float
    ) -> tuple[str, Probabilities]:
        """Return a face's emotion and averaged probabilities, after one more answer.

        probabilities: float64 (labels,), 0-1, of a frame taken at ``time_s`` on the
            source's clock. One that is earlier than the last counts as taken with it.

        Raises ValueError for what is no number: it would stay in the average for good.
        """
        if not np.isfinite(probabilities).all():
            raise ValueError(f"probabilities are numbers, got {probabilities.tolist()}")
        face = self._faces.setdefault(face_id, _Face(len(self._labels)))
        face.average(probabilities, time_s, self._calm.average_s)
        return face.decide(self._labels, self._calm), face.averaged

    def keep(self, face_ids: Collection[int]) -> None:
        """Forget all faces but those."""
        for face_id in self._faces.keys() - set(face_ids):
            del self._faces[face_id]


class _Face:
    """What was answered of one face so far."""

    def __init__(self, labels: int) -> None:
        self.averaged: Probabilities = np.zeros(labels)
        self._answers = 0
        self._time_s = -math.inf
        self._emotion = UNCERTAIN

    def average(self, probabilities: Probabilities, time_s: float, average_s: float) -> None:
        """Take one more answer into the average."""
        since_s = max(0.0, time_s - self._time_s)
        fades = 1 - math.exp(-since_s / average_s) if average_s > 0 else 1.0
        self._answers += 1
        # The first answers are averaged evenly: none of them is worth more than another.
        share = max(fades, 1 / self._answers)
        self.averaged = self.averaged + share * (probabilities - self.averaged)
        self._time_s = time_s

    def decide(self, labels: list[str], calm: Calm) -> str:
        """Return the emotion to answer; it holds until another is clearly more probable."""
        leader = int(np.argmax(self.averaged))
        highest = float(self.averaged[leader])
        sure = highest >= calm.uncertain_below + calm.margin / 2
        own = 0.0
        if self._emotion != UNCERTAIN:
            own = float(self.averaged[labels.index(self._emotion)])
            if own < calm.uncertain_below - calm.margin / 2:
                self._emotion = UNCERTAIN
        if sure and (self._emotion == UNCERTAIN or highest >= own + calm.margin):
            self._emotion = labels[leader]
        return self._emotion
