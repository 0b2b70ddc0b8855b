"""Batches of faces with points, and of what is none: for every network that learns from such."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import keras
import numpy as np
import numpy.typing as npt

from training.keypoints import Keypoints, Points
from training.landmarks.config import FaceAugmentation
from training.landmarks.faces import change, swapped
from training.landmarks.no_faces import NoFaces

Batch = npt.NDArray[np.float32]


class FaceBatches(keras.utils.PyDataset, ABC):  # type: ignore[misc]
    """Batches of pictures float32 (n, side, side, 1) of 0-255, and of what is said of each.

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

    @abstractmethod
    def answers(self, points: Points, count: int, side: int) -> Batch:
        """Return what is to be said of ``count`` pictures of ``side`` pixels.

        points: float32 (m, k, 2), of the first m of them; the others show no face.
        """

    def __len__(self) -> int:
        """Return the batches in an epoch; in training a last, smaller one is left out."""
        batches = len(self._points) / self._faces
        return math.ceil(batches) if self._augmentation is None else max(1, math.floor(batches))

    def __getitem__(self, index: int) -> tuple[Batch, Batch]:
        """Return pictures and answers."""
        rows = self._order[index * self._faces : (index + 1) * self._faces]
        how = self._augmentation
        if how is None:
            return self._batch(self._images[rows], self._points[rows])
        generator = np.random.default_rng((self._seed, self._epoch, index))
        changed = [
            change(self._images[row], self._points[row], self._mirror, how, generator)
            for row in rows
        ]
        empty = [self._empty.draw(how, generator) for _ in range(self._size - len(rows))]
        pictures = np.stack([*(image for image, _ in changed), *empty])
        return self._batch(pictures, np.stack([there for _, there in changed]))

    def _batch(self, pictures: npt.NDArray[np.uint8], points: Points) -> tuple[Batch, Batch]:
        answers = self.answers(points, *pictures.shape[:2])
        return pictures[..., np.newaxis].astype(np.float32), answers

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._epoch += 1
        self._order = self._new_order()

    def _new_order(self) -> npt.NDArray[np.int64]:
        rows = np.arange(len(self._points))
        if self._augmentation is None:
            return rows
        return np.random.default_rng((self._seed, self._epoch)).permutation(rows)
