"""Batches of faces, and of what is none, with what is to be said of each point."""

from __future__ import annotations

import math

import keras
import numpy as np
import numpy.typing as npt

from training.keypoints import Keypoints
from training.landmarks.config import FaceAugmentation
from training.landmarks.faces import change, swapped
from training.landmarks.loss import NOWHERE, SEEN, UNKNOWN
from training.landmarks.no_faces import NoFaces

# So near to the edge, in sides of the picture, nothing is asked of a point: half of what it is
# known by is cut off.
_EDGE = 0.03

Targets = npt.NDArray[np.float32]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of pictures float32 (n, side, side, 1) of 0-255, and targets (n, points, 3).

    With an augmentation the order is shuffled, each picture is changed anew in each epoch, and
    ``no_faces`` of each batch are pictures without a face. All that depends on nothing but seed
    and epoch, so a run that was killed goes on with the batches that it would have had.
    """

    def __init__(
        self,
        faces: Keypoints,
        batch_size: int,
        *,
        augmentation: FaceAugmentation | None = None,
        no_faces: float = 0.0,
        seed: int = 0,
        epoch: int = 0,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self._images = faces.pictures
        self._points = faces.points
        self._mirror = swapped(faces.names)
        self._augmentation = augmentation
        self._empty = NoFaces(faces.pictures, faces.points)
        self._faces = max(1, round(batch_size * (1 - no_faces))) if augmentation else batch_size
        self._size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._order = self._new_order()

    def __len__(self) -> int:
        """Return the batches in an epoch; in training a last, smaller one is left out."""
        batches = len(self._points) / self._faces
        return math.ceil(batches) if self._augmentation is None else max(1, math.floor(batches))

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], Targets]:
        """Return pictures and targets."""
        rows = self._order[index * self._faces : (index + 1) * self._faces]
        how = self._augmentation
        if how is None:
            pictures, points = self._images[rows], self._points[rows]
            return _as_batch(pictures), targets(points, pictures.shape[1])
        generator = np.random.default_rng((self._seed, self._epoch, index))
        changed = [
            change(self._images[row], self._points[row], self._mirror, how, generator)
            for row in rows
        ]
        empty = [self._empty.draw(how, generator) for _ in range(self._size - len(rows))]
        pictures = np.stack([*(image for image, _ in changed), *empty])
        said = np.full((len(pictures), self._points.shape[1], 3), NOWHERE, dtype=np.float32)
        said[: len(rows)] = targets(np.stack([there for _, there in changed]), pictures.shape[1])
        return _as_batch(pictures), said

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._epoch += 1
        self._order = self._new_order()

    def _new_order(self) -> npt.NDArray[np.int64]:
        rows = np.arange(len(self._points))
        if self._augmentation is None:
            return rows
        return np.random.default_rng((self._seed, self._epoch)).permutation(rows)


def targets(points: npt.NDArray[np.float32], side: int) -> Targets:
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


def _as_batch(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return pictures[..., np.newaxis].astype(np.float32)
