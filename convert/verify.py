"""Whether the int8 file reads faces as well as the Keras model that it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convert.arrays import Images, Labels, Logits
from device.errors import ModelError
from device.model import Model
from training.data import Split
from training.duplicates import also_in

# The converted model may read this much less of the validation images right.
MOST_LOST_POINTS = 0.5
# And must give the same answer as the original on this share of them.
LEAST_AGREEMENT = 0.98


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images; shares are 0-1.

    keras_accuracy, int8_accuracy: shares of right answers.
    agreement: share of images on which both give the same answer, right or wrong.
    """

    images: int
    keras_accuracy: float
    int8_accuracy: float
    agreement: float

    @property
    def lost_points(self) -> float:
        """Percentage points of accuracy lost; below 0 where int8 is the better."""
        return (self.keras_accuracy - self.int8_accuracy) * 100


@dataclass(frozen=True)
class Unseen:
    """The images that do not stand among the training images as well.

    FER2013 holds many pictures twice, some of them in two splits.

    accuracy: share of right int8 answers, 0-1; nan where there are no such images.
    """

    images: int
    accuracy: float


def unseen(int8: Logits, split: Split, training: Images) -> Unseen:
    """Return how well ``int8``, logits float32 (n, classes), reads what ``training`` has not."""
    new = ~also_in(split.images, training)
    return Unseen(int(new.sum()), share_right(int8[new], split.labels[new]))


def share_right(logits: Logits, labels: Labels) -> float:
    """Return the share of right answers, 0-1, or nan of none."""
    return float((logits.argmax(axis=1) == labels).mean()) if len(labels) else math.nan


def int8_logits(model: Model, images: Images) -> Logits:
    """Return float32 (n, labels): what the device's own code makes of uint8 (n, side, side)."""
    return np.stack([model.logits(image) for image in images])


def compare(keras: Logits, int8: Logits, labels: Labels) -> Comparison:
    """Compare the answers of both, logits float32 (n, classes), with ``labels``, int64 (n,)."""
    return Comparison(
        images=len(labels),
        keras_accuracy=share_right(keras, labels),
        int8_accuracy=share_right(int8, labels),
        agreement=float((int8.argmax(axis=1) == keras.argmax(axis=1)).mean()),
    )


def check(comparison: Comparison) -> None:
    """Raise ModelError where the int8 model is not as good as the original."""
    failures = []
    # Rounded: a loss of exactly half a point is allowed, whatever the last bit says.
    if round(comparison.lost_points, 6) > MOST_LOST_POINTS:
        failures.append(
            f"int8 is right on {comparison.int8_accuracy:.2%} and the Keras model on "
            f"{comparison.keras_accuracy:.2%} (at most {MOST_LOST_POINTS} point may be lost)"
        )
    if comparison.agreement < LEAST_AGREEMENT:
        failures.append(
            f"they agree on {comparison.agreement:.2%} (at least {LEAST_AGREEMENT:.0%} is needed)"
        )
    if failures:
        raise ModelError(
            f"not as good as the original on {comparison.images} validation images: "
            + "; ".join(failures)
        )
