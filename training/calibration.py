"""Probabilities that mean what they say.

A network that says 80 % should be right in 80 of 100 such cases. One number,
the temperature by which logits are divided, changes no answer and is chosen to
make the labels most likely (Guo et al. 2017, "On Calibration of Modern Neural
Networks"). That is not the same as the smallest calibration error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.model import softmax
from training.classifier import Logits
from training.fer2013 import Labels

# Where temperatures are looked for. A network that is always right would have
# its temperature go to 0; one that guesses, to infinity.
COLDEST, HOTTEST = 0.05, 20.0
BINS = 15
Shares = npt.NDArray[np.float64]


def negative_log_likelihood(logits: Logits, labels: Labels, temperature: float) -> float:
    """Return the mean of -log p(label), in nats.

    logits: float32 (n, classes). labels: int64 (n,).
    """
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    # From the logarithms themselves: a probability may underflow to 0.
    normaliser = np.log(np.exp(scaled).sum(axis=1))
    return float(np.mean(normaliser - scaled[np.arange(len(labels)), labels]))


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """Return the temperature, 0.05-20, with the smallest negative log likelihood.

    logits: float32 (n, classes). labels: int64 (n,).

    The likelihood is convex in 1 / temperature, so it has one minimum, which a
    golden-section search along log(temperature) finds (Kiefer 1953).

    Raises ValueError where there is nothing to fit on.
    """
    if not len(labels):
        raise ValueError("a temperature cannot be fitted on no images")
    low, high = math.log(COLDEST), math.log(HOTTEST)
    golden = (math.sqrt(5) - 1) / 2
    while high - low > 1e-5:
        left = high - golden * (high - low)
        right = low + golden * (high - low)
        if _at(left, logits, labels) <= _at(right, logits, labels):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def _at(log_temperature: float, logits: Logits, labels: Labels) -> float:
    return negative_log_likelihood(logits, labels, math.exp(log_temperature))


@dataclass(frozen=True)
class Reliability:
    """Answers in 15 equal bins by the probability of the chosen class.

    images: int64 (15,), answers in each bin; at least one in all.
    probability: float64 (15,), mean probability of the chosen class, 0-1; 0 in an empty bin.
    right: float64 (15,), share of right answers, 0-1; 0 in an empty bin.
    """

    images: npt.NDArray[np.int64]
    probability: Shares
    right: Shares

    @property
    def error(self) -> float:
        """The expected calibration error, 0-1 (Naeini et al. 2015).

        It is the mean distance between the probability of a bin and its share of
        right answers, weighted by the bins' sizes.
        """
        return self._mean(np.abs(self.probability - self.right))

    @property
    def mean_probability(self) -> float:
        """Mean probability of the chosen class, 0-1: the share that should be right."""
        return self._mean(self.probability)

    def _mean(self, values: Shares) -> float:
        return float(np.average(values, weights=self.images))


def reliability(probabilities: Shares, labels: Labels) -> Reliability:
    """Put answers into bins.

    probabilities: float64 (n, classes), 0-1, n at least 1. labels: int64 (n,).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    # Bins are open below and closed above, as in the paper: (0, 1/15], …, (14/15, 1].
    bins = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    images = np.bincount(bins, minlength=BINS)
    at_least_one = images.clip(min=1)
    return Reliability(
        images.astype(np.int64),
        np.bincount(bins, confidence, minlength=BINS) / at_least_one,
        np.bincount(bins, right, minlength=BINS) / at_least_one,
    )


def calibration_error(logits: Logits, labels: Labels, temperature: float) -> float:
    """Return the expected calibration error, 0-1, of logits divided by ``temperature``.

    logits: float32 (n, classes). labels: int64 (n,).
    """
    return reliability(softmax(logits, temperature), labels).error
