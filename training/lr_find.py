"""The learning-rate range test: which rates a network can learn at.

Training goes through a few hundred steps while the rate grows exponentially from
far too small to far too large. Where the loss falls, the rate is of use; where it
rises, it is too high (Smith 2017, "Cyclical Learning Rates for Training Neural
Networks").
"""

from __future__ import annotations

import csv
import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import msgspec
import numpy as np
import numpy.typing as npt
from tqdm import tqdm  # type: ignore[import-untyped]

from training.batches import Batches
from training.config import TrainingConfig
from training.data import Dataset
from training.errors import DivergedError
from training.labels import FERPLUS_LABELS
from training.pretrained import begin_with, weights_file
from training.quiet import quiet_stderr
from training.train import compiled

Values = npt.NDArray[np.float64]

# The loss has exploded when it stays above the lowest by this factor.
EXPLODED = 2.0
# A peak rate stays below the rate of the lowest loss by this factor: the valley of the
# curve is flat, and a whole run, unlike a few steps at each rate, must stay inside.
MARGIN = 10.0
# Steps that the running mean of the losses, which tells an explosion, looks back on.
_MEMORY = 10
# The smoothed curve averages over this share of the steps on either side.
_SMOOTHING = 1 / 40


@dataclass(frozen=True)
class Sweep:
    """From which rate to which, and in how many steps."""

    lowest: float = 1e-5
    highest: float = 10.0
    steps: int = 300

    @property
    def growth(self) -> float:
        """The factor by which the rate grows from one step to the next."""
        return float((self.highest / self.lowest) ** (1 / max(1, self.steps - 1)))


@dataclass(frozen=True)
class RangeTest:
    """What a range test has found.

    rates: float64 (n,), the learning rate of each step, growing.
    losses: float64 (n,), the loss of each step's batch, all finite.
    exploded: whether the loss ended the test before the highest rate.
    """

    rates: Values
    losses: Values
    exploded: bool

    @property
    def smoothed(self) -> Values:
        """float64 (n,): the losses averaged over their neighbours on both sides.

        A mean over past steps alone, which is often used, is late: the rate has
        grown by the time it sees a change.
        """
        width = max(1.0, len(self.losses) * _SMOOTHING)
        steps = np.arange(len(self.losses))
        weights = np.exp(-0.5 * ((steps[:, None] - steps) / width) ** 2)
        return np.asarray(weights @ self.losses / weights.sum(axis=1))

    @property
    def lowest(self) -> int:
        """The step with the lowest smoothed loss."""
        return int(self.smoothed.argmin())

    @property
    def peak_rate(self) -> float:
        """The suggested ``peak_rate``: a tenth of the rate with the lowest smoothed loss."""
        return float(f"{self.rates[self.lowest] / MARGIN:.1g}")

    def write(self, path: Path) -> None:
        """Write step, rate, loss and smoothed loss of each step to ``path`` as CSV."""
        columns = zip(self.rates, self.losses, self.smoothed, strict=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["step", "rate", "loss", "smoothed_loss"])
            for step, (rate, loss, smoothed) in enumerate(columns, start=1):
                writer.writerow([step, f"{rate:.6g}", f"{loss:.6f}", f"{smoothed:.6f}"])


def range_test(config: TrainingConfig, dataset: Dataset, sweep: Sweep) -> RangeTest:
    """Train a fresh network of ``config`` on the train split, at the rates of ``sweep``.

    Network, loss, batches and augmentation are those of ``train``. Where parts of a
    network would be frozen at first, none is: all of it has to bear the rate.

    Raises DataError where there is nothing to train on, DivergedError where the loss
    is no number from the first steps on.
    """
    training = dataset.split("train")
    batches = Batches(
        training, len(dataset.classes), config.batch_size,
        augmentation=config.augmentation, votes_share=config.votes_share, seed=config.seed,
    )  # fmt: skip
    votes = len(FERPLUS_LABELS) if training.votes is not None else 0
    model = _model(config, len(dataset.classes), votes, sweep)
    losses, exploded = _losses(model, batches, sweep.steps)
    if len(losses) < 2:
        raise DivergedError(f"the loss is no number at a rate of {sweep.lowest:g}: begin lower")
    rates = sweep.lowest * sweep.growth ** np.arange(len(losses), dtype=np.float64)
    return RangeTest(rates, np.array(losses), exploded)


def _model(config: TrainingConfig, classes: int, votes: int, sweep: Sweep) -> keras.Model:
    """Return the network as ``train`` begins with it, to be trained at the rates of ``sweep``."""
    with quiet_stderr():  # on any backend this imports TensorFlow, where it is installed
        keras.utils.set_random_seed(config.seed)
    rate = keras.optimizers.schedules.ExponentialDecay(
        sweep.lowest, decay_steps=1, decay_rate=sweep.growth
    )
    whole = msgspec.structs.replace(config, frozen_epochs=0)
    model = compiled(whole, classes, votes, steps=sweep.steps, rate=rate)
    weights = weights_file(config)
    if weights is not None:
        begin_with(weights, model)
    return model


def _losses(model: keras.Model, batches: Batches, steps: int) -> tuple[list[float], bool]:
    """Train for ``steps`` steps; return the losses, and whether they exploded before."""
    losses: list[float] = []
    means: list[float] = []
    with tqdm(total=steps, unit="batch", leave=False, disable=None, file=sys.stderr) as bar:
        for batch in itertools.islice(_endless(batches), steps):
            model.reset_metrics()  # else Keras returns the mean of all losses so far
            loss = float(model.train_on_batch(*batch, return_dict=True)["loss"])
            if not math.isfinite(loss):
                return losses, True
            losses.append(loss)
            means.append(float(np.mean(losses[-_MEMORY:])))
            if len(losses) > _MEMORY and means[-1] > EXPLODED * min(means[_MEMORY - 1 :]):
                return losses, True
            bar.update()
    return losses, False


def _endless(batches: Batches) -> Iterator[tuple[Any, ...]]:
    """Yield the batches of one epoch after the other."""
    while True:
        yield from (batches[index] for index in range(len(batches)))
        batches.on_epoch_end()
