"""Batches of faces, and of what is none, with what of each is to be marked."""

from __future__ import annotations

import math

import keras
import numpy as np
import numpy.typing as npt

from training.keypoints import Keypoints
from training.landmarks.config import FaceAugmentation
from training.landmarks.faces import change
from training.landmarks.no_faces import NoFaces
from training.mask.network import CELL
from training.mask.outlines import coverage, outline

Batch = npt.NDArray[np.float32]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of pictures (n, side, side, 1) of 0-255, and of masks (n, side / 2, side / 2, 1).

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
        self._side = self._images.shape[1]
        self._augmentation = augmentation
        self._empty = NoFaces(self._images, faces.points)
        self._faces = max(1, round(batch_size * (1 - no_faces))) if augmentation else batch_size
        self._size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._order = self._new_order()

    def __len__(self) -> int:
        """Return the batches in an epoch; in training a last, smaller one is left out."""
        batches = len(self._points) / self._faces
        return math.ceil(batches) if self._augmentation is None else max(1, math.floor(batches))

    def __getitem__(self, index: int) -> tuple[Batch, Batch]:
        """Return pictures and masks, both float32."""
        rows = self._order[index * self._faces : (index + 1) * self._faces]
        how = self._augmentation
        if how is None:
            return _as_batch(self._images[rows]), self._masks(self._points[rows], len(rows))
        generator = np.random.default_rng((self._seed, self._epoch, index))
        # A mirror swaps left and right points; the polygon is the same, whichever comes first.
        as_they_are = np.arange(self._points.shape[1])
        changed = [
            change(self._images[row], self._points[row], as_they_are, how, generator)
            for row in rows
        ]
        empty = [self._empty.draw(how, generator) for _ in range(self._size - len(rows))]
        pictures = np.stack([*(image for image, _ in changed), *empty])
        points = np.stack([there for _, there in changed])
        return _as_batch(pictures), self._masks(points, len(pictures))

    def _masks(self, points: npt.NDArray[np.float32], count: int) -> Batch:
        """Return ``count`` masks: of the faces with ``points``, and of none behind these."""
        cells = self._side // CELL
        masks = np.zeros((count, cells, cells, 1), dtype=np.float32)
        for mask, face in zip(masks, points, strict=False):
            mask[..., 0] = coverage(outline(face), self._side, cells)
        return masks

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._epoch += 1
        self._order = self._new_order()

    def _new_order(self) -> npt.NDArray[np.int64]:
        rows = np.arange(len(self._points))
        if self._augmentation is None:
            return rows
        return np.random.default_rng((self._seed, self._epoch)).permutation(rows)


def _as_batch(pictures: npt.NDArray[np.uint8]) -> Batch:
    return pictures[..., np.newaxis].astype(np.float32)
