"""Batches of one split, as Keras wants them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.augment import Augmentation, augment
from training.data import Split
from training.votes import label_given_votes

# What is measured is computed in batches of so many, at most.
VALIDATION_BATCH = 512
Rows = npt.NDArray[np.float32]
Mix = Callable[[Rows], Rows]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of a split: images, one-hot labels and, where there are any, votes.

    A label's target is one-hot; in the first ``votes_epochs`` ``votes_share`` of it
    comes from the votes, where there are any. ``taught_share`` of that comes from
    ``taught``: what teachers answered, float32 (n, classes). ``weights``, float32 (classes,),
    are those of the labels in the loss. With ``mixup`` above 0 each image, its targets and
    its weight are mixed with another one's, in a share drawn from Beta(mixup, mixup).

    With an augmentation the order is shuffled and the images are changed anew
    in each epoch. Both depend on nothing but seed and epoch, so a run that was
    killed goes on with the batches that it would have had.

    part: (number, of): of each batch, that part of so many nearly equal ones alone, where
        several processes share it. Together they have the same batch, whatever ``of`` is.
    """

    def __init__(
        self,
        split: Split,
        classes: int,
        batch_size: int,
        *,
        augmentation: Augmentation | None = None,
        votes_share: float = 0.0,
        votes_epochs: int = 0,
        mixup: float = 0.0,
        weights: npt.NDArray[np.float32] | None = None,
        taught: npt.NDArray[np.float32] | None = None,
        taught_share: float = 0.0,
        seed: int = 0,
        epoch: int = 0,
        part: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self._split = split
        self._targets = np.eye(classes, dtype=np.float32)[split.labels]
        self._votes_epochs = votes_epochs if votes_share and split.votes is not None else 0
        if split.votes is not None and epoch < self._votes_epochs:
            likely = label_given_votes(split.votes, split.labels, classes)
            self._shared = self._targets + votes_share * (likely - self._targets)
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._mixup = mixup
        weights = np.ones(classes, np.float32) if weights is None else weights
        self._weights: Rows = np.asarray(weights[split.labels], np.float32)
        self._taught = taught
        self._taught_share = taught_share
        self._seed = seed
        self._epoch = epoch
        self._part = part
        self._order = self._new_order()

    def __len__(self) -> int:
        """Return the batches in an epoch; in training a last, smaller one is left out."""
        batches = len(self._split) / self._batch_size
        return math.ceil(batches) if self._augmentation is None else max(1, math.floor(batches))

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return images float32 (n, 48, 48, 1) of 0-255, targets, and their weights in the loss."""
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        own = self._own(len(rows))
        if self._mixup:  # with images of other parts too
            batch = self._batch(rows, index, 0)
            return tuple(keras.tree.map_structure(lambda array: array[own], batch))
        return self._batch(rows[own], index, own.start)

    def _own(self, count: int) -> slice:
        """Return which of ``count`` rows are of this part."""
        number, of = self._part or (0, 1)
        return slice(count * number // of, count * (number + 1) // of)

    def _changed(
        self, images: npt.NDArray[np.uint8], index: int, first: int, generator: np.random.Generator
    ) -> Rows:
        """Return float32 levels of ``images``, from number ``first`` of batch ``index`` on."""
        if self._augmentation is None:
            return images.astype(np.float32)
        if self._part is None:
            return augment(images, self._augmentation, generator)
        # A generator for each image: what it draws does not hang on who draws for the others.
        return np.concatenate([
            augment(
                images[i : i + 1], self._augmentation,
                np.random.default_rng((self._seed, self._epoch, index, first + i)),
            )
            for i in range(len(images))
        ])  # fmt: skip

    def _batch(self, rows: npt.NDArray[np.int64], index: int, first: int) -> tuple[Any, ...]:
        """Return the ``rows`` of batch ``index``, from number ``first`` of it on."""
        images = self._split.images[rows]
        generator = np.random.default_rng((self._seed, self._epoch, index))
        batch = self._changed(images, index, first, generator)[..., np.newaxis]
        voted = self._epoch < self._votes_epochs
        emotion = (self._shared if voted else self._targets)[rows]
        if self._taught is not None:
            emotion += self._taught_share * (self._taught[rows] - emotion)
        weights = np.take(self._weights, rows)
        mix = self._mix(len(images), generator)
        if self._split.votes is None:
            return mix(batch), mix(emotion), mix(weights)
        votes = self._split.votes[rows]
        # An image in which no tagger saw a face has no votes to learn from, nor has a mixture.
        with_votes = mix(np.asarray(votes.any(axis=1), np.float32)) > 0.999
        return (
            mix(batch),
            {"emotion": mix(emotion), "votes": mix(votes)},
            {"emotion": mix(weights), "votes": with_votes.astype(np.float32)},
        )

    def _mix(self, count: int, generator: np.random.Generator) -> Mix:
        """Return what mixes each of ``count`` rows with another one, in shares of its own."""
        if not self._mixup:
            return lambda rows: rows
        share = generator.beta(self._mixup, self._mixup, count).astype(np.float32)
        other = generator.permutation(count)

        def mix(rows: Rows) -> Rows:
            own = share.reshape(-1, *[1] * (rows.ndim - 1))
            return np.asarray(own * rows + (1 - own) * rows[other], dtype=np.float32)

        return mix

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._epoch += 1
        self._order = self._new_order()

    def _new_order(self) -> npt.NDArray[np.int64]:
        rows = np.arange(len(self._split))
        if self._augmentation is None:
            return rows
        return np.random.default_rng((self._seed, self._epoch)).permutation(rows)
