"""The smallest change to a face that gives it another reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
import numpy.typing as npt

from device.records import Grey
from training.classifier import Classifier
from training.gradients import Levels, gradient_of

# More of either found nothing smaller on a dozen faces of PublicTest.
_STEPS, _STARTS = 40, 4
# Madry et al. take 2.5. On whole grey levels 10 found smaller changes: where only
# one or two levels are allowed, most pixels end at the bound anyway.
_REACH = 10


class Attack:
    """Projected gradient descent (Madry et al. 2018) towards one emotion, in L-infinity.

    model: gives the gradient; maps (n, 48, 48, 1) grey levels to logits.
    readers: all of them must be deceived. The first is ``model`` itself; a network
        in int8 has no gradient and is only asked.
    emotion: what the face shall be read as; each reader knows it.
    """

    def __init__(self, model: keras.Model, readers: Sequence[Classifier], emotion: str) -> None:
        self._readers = readers
        self._emotion = emotion
        self._column = readers[0].classes.index(emotion)

        def likelihood(logits: object) -> object:
            return keras.ops.log_softmax(logits)[:, self._column]

        self._gradient = gradient_of(model, likelihood)

    def within(self, face: Grey, bound: int) -> Grey | None:
        """Return a picture that deceives, at most ``bound`` grey levels off in each pixel.

        face: uint8 (48, 48). The answer is the same for the same arguments; None
        means that none was found, not that there is none.

        Gradients are taken where the picture is when rounded to whole grey levels,
        so what deceives here deceives from an 8-bit file. The steps are smaller
        than a level: they add up unrounded.
        """
        start = face.astype(np.float32)[np.newaxis, :, :, np.newaxis]
        low, high = np.maximum(start - bound, 0), np.minimum(start + bound, 255)
        points = _starts(start, bound)
        step = np.float32(_REACH * bound / _STEPS)
        for _ in range(_STEPS):
            np.clip(points, low, high, out=points)
            rounded = np.round(points)
            logits, slope = self._gradient(rounded)
            found = self._deceiving(rounded, logits)
            if found is not None:
                return found
            points += step * np.sign(slope)
        return None

    def _deceiving(self, rounded: Levels, logits: Levels) -> Grey | None:
        """Return the first picture that all readers take for the emotion."""
        pictures = rounded[logits.argmax(axis=1) == self._column, :, :, 0].astype(np.uint8)
        # The model's own answer is known already, but for rounding: it is asked last.
        for reader in reversed(self._readers):
            if not len(pictures):
                return None
            answers = reader.logits(pictures).argmax(axis=1)
            pictures = pictures[answers == reader.classes.index(self._emotion)]
        return pictures[0] if len(pictures) else None


def smallest(
    attack: Attack, face: Grey, most: int, tell: Callable[[int, bool], None]
) -> Grey | None:
    """Return the picture with the smallest bound that works, by doubling and bisection.

    face: uint8 (48, 48). most: the largest bound to try, in grey levels, 1-255.
    tell: is called with each bound tried, and whether it worked.
    """
    low, bound = 0, 1
    while (found := attack.within(face, bound)) is None:
        tell(bound, False)
        if bound == most:
            return None
        low, bound = bound, min(2 * bound, most)
    tell(bound, True)
    while distance(face, found) - low > 1:
        bound = (low + distance(face, found)) // 2
        better = attack.within(face, bound)
        tell(bound, better is not None)
        if better is None:
            low = bound
        else:
            found = better
    return found


def distance(face: Grey, other: Grey) -> int:
    """Return the L-infinity distance: the largest difference of a pixel, in grey levels."""
    return int(np.abs(_difference(face, other)).max())


def distance_l2(face: Grey, other: Grey) -> float:
    """Return the L2 distance: the root of the sum of squared differences, in grey levels."""
    return float(np.linalg.norm(_difference(face, other)))


def _difference(face: Grey, other: Grey) -> npt.NDArray[np.int64]:
    return other.astype(np.int64) - face.astype(np.int64)


def _starts(start: Levels, bound: int) -> Levels:
    """Return float32 (n, 48, 48, 1): the face itself, and random points around it."""
    generator = np.random.default_rng(bound)
    noise = generator.uniform(-bound, bound, size=(_STARTS, *start.shape[1:]))
    noise[0] = 0
    return start + noise.astype(np.float32)
