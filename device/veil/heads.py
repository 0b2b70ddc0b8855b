"""Where heads are, may be, or were a moment ago."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from device.records import BoxXYXY, Frame

# Who is not found any more has moved by less than this, in sides of the box a second.
_DRIFT = 0.5
# So near to each other, in sides of the larger one, and so alike in size two boxes are of one
# face.
_NEAR, _ALIKE = 0.4, 1.6


@dataclass(frozen=True, eq=False)
class Moment:
    """Where faces were found, or may have been, in one picture.

    time_s: on the source's clock. size_px: of the picture, which the boxes are in.
    """

    time_s: float
    size_px: tuple[int, int]
    boxes: frozenset[BoxXYXY]


def held(moments: Iterable[Moment], frame: Frame, hold_s: float) -> list[Moment]:
    """Return those of ``moments`` that say where faces may be in ``frame``.

    hold_s: so far apart they may be; 0: they are of the same time. From either side: the clock
        may have been set back, or an older picture be looked at.
    """
    return [
        moment for moment in moments
        if moment.size_px == frame.size_px and abs(frame.time_s - moment.time_s) <= hold_s
    ]  # fmt: skip


def heads_at(moments: Iterable[Moment], time_s: float) -> list[BoxXYXY]:
    """Return where a face may be at that time: the longer ago it was found, the more around it.

    Of one that was found in several moments the nearest to ``time_s`` counts.
    """
    known = [(abs(time_s - moment.time_s), box) for moment in moments for box in moment.boxes]
    kept: list[BoxXYXY] = []
    where: list[BoxXYXY] = []
    for away_s, box in sorted(known):
        if away_s and any(is_same(box, other) for other in kept):
            continue
        kept.append(box)
        where.append(_grown(box, _DRIFT * away_s))
    return where


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
