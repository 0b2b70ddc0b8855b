"""Where heads are, may be, or were a moment ago."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence

from device.records import BoxXYXY

# Who is not found any more has moved by less than this, in sides of the box a second.
_DRIFT = 0.5
# So near to each other, in sides of the larger one, and so alike in size two boxes are of one
# face.
_NEAR, _ALIKE = 0.4, 1.6


class Heads:
    """Remembers for a while where faces were found; several threads may ask and tell.

    hold_s: for so long, on the source's clock; 0: for that moment alone.
    """

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._known: list[tuple[float, BoxXYXY]] = []
        self._lock = threading.Lock()

    def note(self, boxes: Iterable[BoxXYXY], time_s: float) -> None:
        """Note that faces are, or may be, in ``boxes``; what is too old is forgotten."""
        with self._lock:
            self._known += [(time_s, box) for box in boxes]
            self._known = self._held(time_s)

    def boxes(self, time_s: float) -> list[BoxXYXY]:
        """Return where a face may be by now: the longer ago it was found, the more around it.

        Of one that was found in several moments the nearest to ``time_s`` counts.
        """
        with self._lock:
            known = self._held(time_s)
        kept: list[BoxXYXY] = []
        where: list[BoxXYXY] = []
        for away_s, box in sorted((abs(time_s - then), box) for then, box in known):
            if away_s and any(is_same(box, other) for other in kept):
                continue
            kept.append(box)
            where.append(_grown(box, _DRIFT * away_s))
        return where

    def forget(self) -> None:
        """Forget all: the picture has another size now."""
        with self._lock:
            self._known = []

    def _held(self, time_s: float) -> list[tuple[float, BoxXYXY]]:
        # From either side: the clock may have been set back, or an older picture be asked for.
        return [one for one in self._known if abs(time_s - one[0]) <= self._hold_s]


def without(boxes: Sequence[BoxXYXY], shown: Sequence[BoxXYXY]) -> list[BoxXYXY]:
    """Return those of ``boxes`` that are of another face than any of ``shown``."""
    return [box for box in boxes if not any(is_same(box, other) for other in shown)]


def is_same(one: BoxXYXY, other: BoxXYXY) -> bool:
    """Tell whether two boxes are of one face: near to each other, and about as large."""
    sides = [max(box[2] - box[0], box[3] - box[1]) for box in (one, other)]
    across, down = ((one[n] + one[n + 2] - other[n] - other[n + 2]) / 2 for n in (0, 1))
    near = math.hypot(across, down) < _NEAR * max(sides)
    return near and max(sides) < _ALIKE * min(sides)


def _grown(box: BoxXYXY, by: float) -> BoxXYXY:
    """Return ``box`` with so many of its sides more on each side."""
    left, top, right, bottom = box
    more = round(by * max(right - left, bottom - top))
    return left - more, top - more, right + more, bottom + more
