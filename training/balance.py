"""Answers that no class is passed over in: a number for each class, added to its logit.

A class that is rare or hard is answered too seldom by a network that was trained for the
most right answers. Raising its logit finds more of it and takes some from its neighbours
(Menon et al. 2021, "Long-tail learning via logit adjustment", by what was measured here in
place of how often each class occurs).
"""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from training.architectures import weighted_layers
from training.classifier import Logits
from training.errors import DataError
from training.fer2013 import Labels
from training.metrics import Scores

_STEP = 0.02
_MOST_STEPS = 500


def shifts_for(
    logits: Logits, labels: Labels, classes: tuple[str, ...], least_recall: float
) -> npt.NDArray[np.float32]:
    """Return float32 (classes,): what to add to logits, so that each class has that recall.

    logits: float32 (n, classes). labels: int64 (n,).
    The class with the least recall is raised by a small step, again and again.

    Raises DataError where a class has no images, or that recall is out of reach.
    """
    shifts = np.zeros(len(classes), np.float32)
    for _ in range(_MOST_STEPS):
        scores = Scores.of(labels, (logits + shifts).argmax(axis=1).astype(np.int64), classes)
        if not scores.support.all():
            missing = classes[int(scores.support.argmin())]
            raise DataError(f"no image of {missing}: its recall cannot be measured")
        worst = int(scores.recall.argmin())
        if scores.recall[worst] >= least_recall:
            return shifts
        shifts[worst] += _STEP
    raise DataError(f"a recall of {least_recall:.0%} for every class is out of reach: ask for less")


def shift(model: keras.Model, shifts: npt.NDArray[np.float32]) -> None:
    """Add ``shifts`` (classes,) to the logits of ``model``, by the bias of its head."""
    head = weighted_layers(model, "emotion")[-1]
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias + shifts])
