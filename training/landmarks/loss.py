"""What the network of landmarks learns by."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# What is said of a point, beside its place.
SEEN, UNKNOWN, NOWHERE = 1.0, 0.0, -1.0
# Further off than this, in pixels, an error counts no more than as if it were so far off: the
# maps draw a point that is lost, and a broken label should not pull at all others.
_FAR_PX = 20.0


class MapLoss(keras.losses.Loss):  # type: ignore[misc]
    """The loss of maps against points.

    Targets are float32 (n, points, 3): x and y in pixels of the picture, and ``SEEN``,
    ``UNKNOWN`` (nothing is learned of it) or ``NOWHERE`` (it is not in the picture, or there
    is no face). A point is somewhere or nowhere, as one choice out of all cells and "nowhere",
    whose logit is 0; where it is seen the cells share it as a bell round its place.

    spread: of the bell, in cells. place_weight: of the distance in pixels, beside that.
    cell: the pixels of the picture in a cell.
    """

    def __init__(self, spread: float, place_weight: float, cell: int) -> None:
        super().__init__(name="maps")
        self._spread = spread
        self._place_weight = place_weight
        self._cell = cell

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each picture, (n,)."""
        truth = ops.cast(y_true, "float32")
        logits, cells_xy = flat(ops.cast(y_pred, "float32"), self._cell)
        seen = ops.cast(truth[..., 2] > 0.5, "float32")  # (n, points)
        nowhere = ops.cast(truth[..., 2] < -0.5, "float32")
        of_cells = ops.logsumexp(logits, axis=1)  # (n, points)
        of_all = ops.logaddexp(of_cells, ops.zeros_like(of_cells))
        apart = cells_xy[None, :, None, :] - truth[:, None, :, :2]  # (n, cells, points, 2)
        bell = ops.exp(
            -ops.sum(ops.square(apart), axis=-1) / (2 * (self._spread * self._cell) ** 2)
        )
        bell = bell / (ops.sum(bell, axis=1, keepdims=True) + 1e-9)
        maps = of_all - ops.sum(bell * logits, axis=1)
        place = ops.einsum("ncp,cd->npd", ops.softmax(logits, axis=1), cells_xy)
        missed = ops.minimum(ops.abs(place - truth[..., :2]), _FAR_PX)
        there = maps + self._place_weight * ops.sum(missed, axis=-1)
        return ops.mean(seen * there + nowhere * of_all, axis=-1)


class Error(keras.metrics.Mean):  # type: ignore[misc]
    """The mean distance of seen points from where the maps have them, in pixels."""

    def __init__(self, cell: int) -> None:
        super().__init__(name="error_px")
        self._cell = cell

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        truth = ops.cast(y_true, "float32")
        logits, cells_xy = flat(ops.cast(y_pred, "float32"), self._cell)
        place = ops.einsum("ncp,cd->npd", ops.softmax(logits, axis=1), cells_xy)
        distance = ops.sqrt(ops.sum(ops.square(place - truth[..., :2]), axis=-1) + 1e-9)
        super().update_state(distance, ops.cast(truth[..., 2] > 0.5, "float32"))


def flat(maps: Any, cell: int) -> tuple[Any, Any]:
    """Return maps (n, rows, columns, points) as (n, cells, points), and each cell's middle.

    The middles are (cells, 2), x and y in pixels whose first has its middle at 0.
    """
    _, rows, columns, points = maps.shape
    x = (ops.arange(columns, dtype="float32") + 0.5) * cell - 0.5
    y = (ops.arange(rows, dtype="float32") + 0.5) * cell - 0.5
    down, across = ops.meshgrid(y, x, indexing="ij")
    cells_xy = ops.stack([ops.reshape(across, (-1,)), ops.reshape(down, (-1,))], axis=-1)
    return ops.reshape(maps, (-1, rows * columns, points)), cells_xy
