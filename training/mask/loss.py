"""What a mask learns by, and how it is measured meanwhile."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# So many cells are taken to be right: of a picture without a face nothing else is.
_EASE = 1.0


class MaskLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of each cell and, ``dice_weight`` times, one less Dice's coefficient.

    The one is right everywhere alike; the other counts what both have in common against what
    either has, as the intersection over union does by which a mask is judged (Milletari et
    al. 2016). Targets are shares of cells that are covered, (n, rows, columns, 1) of 0-1.
    """

    def __init__(self, dice_weight: float) -> None:
        super().__init__(name="mask")
        self._dice_weight = dice_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each picture, (n,)."""
        truth, logits = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        of_cells = ops.softplus(logits) - truth * logits
        share = ops.sigmoid(logits)
        common = 2 * ops.sum(truth * share, axis=(1, 2, 3)) + _EASE
        dice = common / (ops.sum(truth + share, axis=(1, 2, 3)) + _EASE)
        return ops.mean(of_cells, axis=(1, 2, 3)) + self._dice_weight * (1 - dice)


class Overlap(keras.metrics.Mean):  # type: ignore[misc]
    """The mean intersection over union of pictures with a face, in whole cells."""

    def __init__(self) -> None:
        super().__init__(name="iou")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        truth = ops.cast(ops.cast(y_true, "float32") >= 0.5, "float32")
        marked = ops.cast(ops.cast(y_pred, "float32") >= 0, "float32")
        both = ops.sum(truth * marked, axis=(1, 2, 3))
        either = ops.sum(ops.maximum(truth, marked), axis=(1, 2, 3))
        face = ops.cast(ops.sum(truth, axis=(1, 2, 3)) > 0, "float32")
        super().update_state(both / ops.maximum(either, 1.0), face)
