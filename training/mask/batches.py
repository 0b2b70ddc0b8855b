"""What of faces, and of what is none, is to be marked."""

from __future__ import annotations

import numpy as np

from training.face_batches import Batch, FaceBatches
from training.keypoints import Points
from training.mask.network import CELL
from training.mask.outlines import coverage, outline


class Batches(FaceBatches):
    """Batches of pictures, and of masks float32 (n, side / 2, side / 2, 1)."""

    def answers(self, points: Points, count: int, side: int) -> Batch:
        """Return how much of each cell is a face's, 0-1; where there is none it is nothing."""
        cells = side // CELL
        masks = np.zeros((count, cells, cells, 1), dtype=np.float32)
        for mask, face in zip(masks, points, strict=False):
            mask[..., 0] = coverage(outline(face), side, cells)
        return masks
