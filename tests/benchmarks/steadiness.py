"""How steady answers are: a clip in which a face changes its expression once, and the count.

The clip is made of two still pictures, with a sensor's noise and a little motion; from one
frame to the next the expression is another. Needs OpenCV and NumPy only: the benchmark's
other side imports it in an environment of its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np

# Where the two expressions are in the film of the benchmark, expressive_20s.mp4.
BEFORE_S, AFTER_S = 2.0, 15.0
RATE_HZ = 15
LENGTH_S = 40.0
CUT_S = 20.0
# A sensor's noise indoors, and how far a head sways.
NOISE = 4.0
SWAY_PX = 3.0


def frames(before: Any, after: Any) -> Iterator[tuple[float, Any]]:
    """Yield times in seconds and pictures, uint8 (height, width, 3).

    before, after: the still pictures, uint8 (height, width, 3).
    """
    generator = np.random.default_rng(0)
    height, width = before.shape[:2]
    for index in range(round(LENGTH_S * RATE_HZ)):
        time_s = index / RATE_HZ
        still = before if time_s < CUT_S else after
        # Two slow waves that do not fall together, as a person breathes and shifts.
        x = SWAY_PX * math.sin(2 * math.pi * time_s / 5.3)
        y = SWAY_PX * math.sin(2 * math.pi * time_s / 3.1) / 2
        matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        moved = cv2.warpAffine(still, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        noisy = moved + generator.normal(0, NOISE, moved.shape)
        yield time_s, np.clip(noisy, 0, 255).astype(np.uint8)


def stills(film: str, *times_s: float) -> list[Any]:
    """Return the pictures of ``film`` at these times."""
    capture = cv2.VideoCapture(film)
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    wanted = {round(time_s * rate_hz): time_s for time_s in times_s}
    found = {}
    for index in range(max(wanted) + 1):
        ok, picture = capture.read()
        if not ok:
            raise ValueError(f"{film} ends before {max(times_s):g} s")
        if index in wanted:
            found[wanted[index]] = picture
    capture.release()
    return [found[time_s] for time_s in times_s]


def changes(labels: Sequence[str | None]) -> int:
    """Return how often one label is followed by another; frames without a face do not count."""
    seen = [name for name in labels if name is not None]
    return sum(one != other for one, other in itertools.pairwise(seen))


def untrue_changes_per_min(labels: Sequence[str | None]) -> float:
    """Return the changes a minute of the clip's labels, less the one that is true."""
    return max(0, changes(labels) - 1) * 60 / LENGTH_S


def delay_s(labels: Sequence[str | None]) -> float:
    """Return how long after the change the clip's last label is answered first.

    It is infinite where the answer was the same before.
    """
    cut = round(CUT_S * RATE_HZ)
    if labels[cut - 1] == labels[-1]:
        return math.inf
    return list(labels[cut:]).index(labels[-1]) / RATE_HZ
