"""What is to be said of each point of faces, and of what is none."""

from __future__ import annotations

import numpy as np

from training.face_batches import Batch, FaceBatches
from training.keypoints import Points
from training.landmarks.loss import NOWHERE, SEEN, UNKNOWN

# So near to the edge, in sides of the picture, nothing is asked of a point: half of what it is
# known by is cut off.
_EDGE = 0.03


class Batches(FaceBatches):
    """Batches of pictures, and of targets float32 (n, points, 3)."""

    def answers(self, points: Points, count: int, side: int) -> Batch:
        """Return x, y and what is said of each point; where there is no face it is nowhere."""
        said = np.full((count, points.shape[1], 3), NOWHERE, dtype=np.float32)
        said[: len(points)] = targets(points, side)
        return said


def targets(points: Points, side: int) -> Batch:
    """Return float32 (n, k, 3) for points (n, k, 2): x, y, and what is said of each.

    Outside of the picture a point is nowhere; at its very edge, or where it is missing (NaN),
    nothing is said of it.
    """
    outside = np.maximum(-points, points - (side - 1)).max(axis=-1)  # pixels; below 0 inside
    known = np.where(
        outside < -_EDGE * side, SEEN, np.where(outside > _EDGE * side, NOWHERE, UNKNOWN)
    )
    known[np.isnan(outside)] = UNKNOWN
    return np.concatenate([np.nan_to_num(points), known[..., None]], axis=-1, dtype=np.float32)
