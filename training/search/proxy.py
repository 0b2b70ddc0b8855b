"""A cheap stand-in for a whole training: rungs of some epochs each, on little data at first."""

from __future__ import annotations

import gc
import logging
import math
from collections.abc import Iterator
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt

from training.batches import Batches
from training.config import TrainingConfig
from training.data import Dataset, Split, hold_out
from training.interrupt import Interrupt
from training.search.relatives import Weights, give
from training.search.settings import Rung, SearchConfig
from training.search.space import Candidate
from training.train import compiled

_BATCH = 512


class _OneCycle(keras.callbacks.Callback):  # type: ignore[misc]
    """The rate in one rung: it rises from a twentieth to its peak, and falls to 0 (Smith 2018).

    A callback, not a schedule: a network goes through rungs of one size of picture without being
    compiled anew, which takes TensorFlow as long as the first of them.
    """

    def __init__(self, config: TrainingConfig, steps: int) -> None:
        super().__init__()
        self._peak = config.peak_rate
        self._steps = steps * config.epochs
        self._warmup = round(self._steps * config.warmup)
        self._done = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Set the rate of the step that comes."""
        self.model.optimizer.learning_rate = self._rate()
        self._done += 1

    def _rate(self) -> float:
        if self._done < self._warmup:
            return self._peak * (0.05 + 0.95 * self._done / self._warmup)
        left = (self._done - self._warmup) / max(1, self._steps - self._warmup)
        return self._peak * 0.5 * (1 + math.cos(math.pi * left))


class Proxy:
    """Trains candidates on a part of the training images, and measures them on the rest of these.

    The validation split of ``dataset`` is not touched: it is for choosing the epoch later.

    model: the network of the last candidate, as the last rung left it.
    """

    model: keras.Model

    def __init__(self, dataset: Dataset, settings: SearchConfig) -> None:
        # TensorFlow warns of each new network that it has to trace.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        self._settings = settings
        self._classes = len(dataset.classes)
        train = dataset.split("train")
        self._train, self._held_out = hold_out(train, settings.held_out, settings.seed)
        self._order = np.random.default_rng(settings.seed).permutation(len(self._train))
        self._sized: dict[int, tuple[Split, Split]] = {}

    @property
    def images(self) -> tuple[int, int]:
        """How many are learned from, and how many are measured on."""
        return len(self._train), len(self._held_out)

    def climb(
        self, candidate: Candidate, seed: int, weights: Weights, interrupt: Interrupt
    ) -> Iterator[float]:
        """Train ``candidate`` rung by rung; yield the accuracy, 0-1, after each.

        weights: of layers that it begins with. A loss that is no number ends it early.
        interrupt: in whose block this is; Ctrl-C ends it between two batches.
        """
        side = 0
        for number, rung in enumerate(self._settings.rungs):
            keras.utils.set_random_seed(seed + number)
            config = candidate.config(self._settings, rung, seed + number)
            if rung.side != side:
                before = None if number == 0 else self.model.get_weights()
                self._build(config, rung.side, before or weights)
                side = rung.side
            train, held_out = self._at(rung)
            if not self._learn(config, train, interrupt):
                return
            yield self._accuracy(held_out)

    def _build(
        self, config: TrainingConfig, side: int, weights: Weights | list[npt.NDArray[Any]]
    ) -> None:
        """Make ``model``, for pictures of ``side`` pixels."""
        keras.utils.clear_session()
        gc.collect()
        # The rate is set in each step.
        self.model = compiled(config, self._classes, 0, steps=1, rate=config.peak_rate, side=side)
        if isinstance(weights, dict):
            give(self.model, weights)
        else:
            self.model.set_weights(weights)

    def _at(self, rung: Rung) -> tuple[Split, Split]:
        """Return the images to learn from and to measure on, as large as ``rung`` has them."""
        if rung.side not in self._sized:
            self._sized[rung.side] = (
                _resized(self._train, rung.side),
                _resized(self._held_out, rung.side),
            )
        train, held_out = self._sized[rung.side]
        few = max(self._settings.batch_size, math.ceil(len(train) * rung.share))
        return train.take(np.sort(self._order[:few])), held_out

    def _learn(self, config: TrainingConfig, train: Split, interrupt: Interrupt) -> bool:
        """Train one rung; tell whether the loss was a number to its end."""
        batches = Batches(
            train, self._classes, config.batch_size,
            augmentation=config.augmentation, seed=config.seed,
        )  # fmt: skip
        history = self.model.fit(
            batches, epochs=config.epochs, verbose=0,
            callbacks=[_OneCycle(config, len(batches)), interrupt],
        )  # fmt: skip
        return all(math.isfinite(loss) for loss in history.history["loss"])

    def _accuracy(self, split: Split) -> float:
        right = 0
        for begin in range(0, len(split), _BATCH):
            images = split.images[begin : begin + _BATCH, ..., np.newaxis].astype(np.float32)
            answers = np.asarray(self.model.predict_on_batch(images)).argmax(axis=1)
            right += int((answers == split.labels[begin : begin + _BATCH]).sum())
        return right / len(split)


def _resized(split: Split, side: int) -> Split:
    images = split.images
    if images.shape[1] != side:
        images = np.stack(
            [cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in images]
        ).astype(np.uint8, copy=False)
    return Split(images, split.labels, None, split.origin)
