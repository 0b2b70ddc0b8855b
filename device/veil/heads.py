"""Where heads are, may be, or were a moment ago."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import BoxXYXY, Frame

Places = npt.NDArray[np.float64]

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
    known = sorted((abs(time_s - moment.time_s), box) for moment in moments for box in moment.boxes)
    if not known:
        return []
    places, left = _places([box for _, box in known]), np.arange(len(known))
    now = np.array([not away_s for away_s, _ in known])
    where: list[BoxXYXY] = []
    while left.size:
        nearest, left = left[0], left[1:]
        away_s, box = known[nearest]
        where.append(_grown(box, _DRIFT * away_s))
        left = left[now[left] | ~_same(places[left], places[nearest])]
    return where


def without(boxes: Sequence[BoxXYXY], shown: Sequence[BoxXYXY]) -> list[BoxXYXY]:
    """Return those of ``boxes`` that are of another face than any of ``shown``."""
    if not shown:
        return list(boxes)
    others = _places(shown)
    return [box for box in boxes if not _same(others, _places([box])[0]).any()]


def _places(boxes: Sequence[BoxXYXY]) -> Places:
    """Return the middle, x and y, and the longer side of each box: float64 (n, 3)."""
    edges = np.array(boxes, dtype=np.float64)
    start, end = edges[:, :2], edges[:, 2:]
    return np.column_stack([(start + end) / 2, (end - start).max(axis=1)])


def _same(places: Places, place: Places) -> npt.NDArray[np.bool_]:
    """Tell which of ``places``, (n, 3), are of one face with ``place``: near, about as large."""
    larger = np.maximum(places[:, 2], place[2])
    smaller = np.minimum(places[:, 2], place[2])
    apart = np.hypot(places[:, 0] - place[0], places[:, 1] - place[1])
    return np.asarray((apart < _NEAR * larger) & (larger < _ALIKE * smaller), np.bool_)


def _grown(box: BoxXYXY, by: float) -> BoxXYXY:
    """Return ``box`` with so many of its sides more on each side."""
    left, top, right, bottom = box
    more = round(by * max(right - left, bottom - top))
    return left - more, top - more, right + more, bottom + more
