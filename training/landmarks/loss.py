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
        seen = ops.cast(truth[..., 2] > 0.5, "float32")  # (n, points)
        nowhere = ops.cast(truth[..., 2] < -0.5, "float32")
        maps = Maps(y_pred, self._cell)
        of_all = ops.logaddexp(maps.of_cells, ops.zeros_like(maps.of_cells))
        # A bell is one along x times one along y.
        across = self._bell(maps.x, truth[..., 0])  # (n, columns, points)
        down = self._bell(maps.y, truth[..., 1])
        under_bell = ops.sum(ops.sum(maps.logits * across[:, None], axis=2) * down, axis=1)
        missed = ops.minimum(ops.abs(maps.places() - truth[..., :2]), _FAR_PX)
        there = of_all - under_bell + self._place_weight * ops.sum(missed, axis=-1)
        return ops.mean(seen * there + nowhere * of_all, axis=-1)

    def _bell(self, middles: Any, place: Any) -> Any:
        """Return (n, cells, points): how much of a bell round ``place`` (n, points) is in each."""
        apart = (middles[None, :, None] - place[:, None]) / (self._spread * self._cell)
        bell = ops.exp(-ops.square(apart) / 2)
        return bell / (ops.sum(bell, axis=1, keepdims=True) + 1e-9)


class Error(keras.metrics.Mean):  # type: ignore[misc]
    """The mean distance of seen points from where the maps have them, in pixels."""

    def __init__(self, cell: int) -> None:
        super().__init__(name="error_px")
        self._cell = cell

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        truth = ops.cast(y_true, "float32")
        off = Maps(y_pred, self._cell).places() - truth[..., :2]
        distance = ops.sqrt(ops.sum(ops.square(off), axis=-1) + 1e-9)
        super().update_state(distance, ops.cast(truth[..., 2] > 0.5, "float32"))


class Maps:
    """Logits (n, rows, columns, points), and where a point is by them.

    x, y: the middles of columns and rows, in pixels whose first has its middle at 0.
    of_cells: (n, points), the logit of all cells together.
    """

    def __init__(self, logits: Any, cell: int) -> None:
        self.logits = ops.cast(logits, "float32")
        _, rows, columns, _ = self.logits.shape
        self.x = (ops.arange(columns, dtype="float32") + 0.5) * cell - 0.5
        self.y = (ops.arange(rows, dtype="float32") + 0.5) * cell - 0.5
        top = ops.stop_gradient(ops.max(self.logits, axis=(1, 2), keepdims=True))
        powers = ops.exp(self.logits - top)
        # Sums over rows and over columns are all that places and logits need.
        self._by_column, self._by_row = ops.sum(powers, axis=1), ops.sum(powers, axis=2)
        self._total = ops.sum(self._by_row, axis=1)
        self.of_cells = ops.log(self._total) + top[:, 0, 0]

    def places(self) -> Any:
        """Return (n, points, 2), x and y: the means of the cells by their probabilities."""
        x = ops.sum(self._by_column * self.x[None, :, None], axis=1)
        y = ops.sum(self._by_row * self.y[None, :, None], axis=1)
        return ops.stack([x / self._total, y / self._total], axis=-1)
