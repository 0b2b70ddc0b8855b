"""Counts of what was seen: in all, in slots of a timeline, and in the strip of the last minutes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from device.records import UNCERTAIN
from device.summary import Shares, Slot

# At first a slot of a timeline is so long; it doubles whenever there are too many.
_FIRST_SPAN_S = 5.0
_SLOTS = 360
_STRIP_SPAN_S = 2.0
_STRIP_SLOTS = 150
# Of a slot: times on its edge belong to the next one, however they were rounded.
_EDGE = 1e-9


class Tally:
    """What was counted in some span of time.

    seconds: of each emotion, of all faces together.
    watched_s: how long there were pictures.
    somebody_s: how long there was at least one face.
    changes: how often one emotion took another's place.
    faces: how many faces appeared.
    """

    __slots__ = ("changes", "faces", "seconds", "somebody_s", "watched_s")

    def __init__(self, labels: Iterable[str] = ()) -> None:
        self.seconds = dict.fromkeys(labels, 0.0)
        self.watched_s = 0.0
        self.somebody_s = 0.0
        self.changes = 0
        self.faces = 0

    def spend(self, emotions: Sequence[str], span_s: float) -> None:
        """Count ``span_s`` seconds in which each of ``emotions`` was on a face."""
        self.watched_s += span_s
        if emotions:
            self.somebody_s += span_s
        for emotion in emotions:
            self.seconds[emotion] = self.seconds.get(emotion, 0.0) + span_s

    def add(self, other: Tally | Slot) -> None:
        """Count what ``other`` has as well."""
        for emotion, seconds in other.seconds.items():
            self.seconds[emotion] = self.seconds.get(emotion, 0.0) + seconds
        self.watched_s += other.watched_s
        self.somebody_s += other.somebody_s
        self.changes += other.changes
        self.faces += other.faces

    def shares(self) -> Shares:
        """Return the emotions' part of it, to the millisecond."""
        return Shares(_rounded(self.seconds), self.changes)

    def slot(self, start: datetime, span_s: float) -> Slot:
        """Return it as a slot, to the millisecond."""
        return Slot(
            start=start,
            span_s=span_s,
            seconds=_rounded(self.seconds),
            watched_s=round(self.watched_s, 3),
            somebody_s=round(self.somebody_s, 3),
            changes=self.changes,
            faces=self.faces,
        )


class Timeline:
    """Slots of equal span from a beginning on; when there are too many, the span doubles.

    labels: names that each slot has seconds of.
    began: when the first slot begins.
    """

    def __init__(self, labels: Sequence[str], began: datetime) -> None:
        self._labels = labels
        self._began = began
        self._span_s = _FIRST_SPAN_S
        self._tallies: list[Tally] = []
        # What was made of the tallies that do not change any more.
        self._done: list[Slot] = []

    def spend(self, start_s: float, emotions: Sequence[str], span_s: float) -> None:
        """Count a span that begins ``start_s`` after the beginning; see ``Tally.spend``."""
        end_s = start_s + span_s
        self._fit(end_s)
        for index, part_s in _parts(start_s, end_s, self._span_s):
            self._slot(index).spend(emotions, part_s)

    def at(self, time_s: float) -> Tally:
        """Return the tally of the slot at ``time_s``, never before the last one asked for."""
        self._fit(time_s)
        return self._slot(_index(time_s, self._span_s))

    def slots(self) -> list[Slot]:
        """Return all slots, the last one as far as it has come."""
        while len(self._done) < len(self._tallies):
            index = len(self._done)
            start = self._began + timedelta(seconds=index * self._span_s)
            self._done.append(self._tallies[index].slot(start, self._span_s))
        return self._done.copy()

    def _fit(self, time_s: float) -> None:
        while _index(time_s, self._span_s) >= _SLOTS:
            self._double()

    def _slot(self, index: int) -> Tally:
        while len(self._tallies) <= index:
            self._tallies.append(Tally(self._labels))
        del self._done[index:]
        return self._tallies[index]

    def _double(self) -> None:
        for even, odd in zip(self._tallies[::2], self._tallies[1::2], strict=False):
            even.add(odd)
        del self._tallies[1::2]
        self._done.clear()
        self._span_s *= 2


class Strip:
    """What was seen most in each 2 s of the last 5 minutes."""

    def __init__(self) -> None:
        self._past: deque[str | None] = deque(maxlen=_STRIP_SLOTS)
        self._index = 0
        self._now_s: dict[str | None, float] = {}

    def spend(self, start_s: float, emotion: str | None, span_s: float) -> None:
        """Count a span in which ``emotion`` was on the largest face; None for nobody."""
        for index, part_s in _parts(start_s, start_s + span_s, _STRIP_SPAN_S):
            self.go_to(index * _STRIP_SPAN_S)
            self._now_s[emotion] = self._now_s.get(emotion, 0.0) + part_s

    def go_to(self, time_s: float) -> None:
        """Go on to the slot at ``time_s``; where nothing was counted on the way was nobody."""
        index = _index(time_s, _STRIP_SPAN_S)
        missing = min(index - self._index, _STRIP_SLOTS)
        if missing > 0:
            self._past.append(self._most())
            self._past.extend([None] * (missing - 1))
            self._now_s.clear()
            self._index = index

    def slots(self) -> list[str | None]:
        """Return them, the oldest first; the last one as far as it has come."""
        now = [self._most()] if self._now_s else []
        return [*self._past, *now][-_STRIP_SLOTS:]

    def _most(self) -> str | None:
        return max(self._now_s, key=lambda name: self._now_s[name]) if self._now_s else None


def with_uncertain(labels: Sequence[str]) -> list[str]:
    """Return the names that seconds are counted for: the model's, then ``UNCERTAIN``."""
    return [*(label for label in labels if label != UNCERTAIN), UNCERTAIN]


def _index(time_s: float, span_s: float) -> int:
    return int(time_s / span_s + _EDGE)


def _parts(start_s: float, end_s: float, span_s: float) -> Iterator[tuple[int, float]]:
    """Cut a span of time where slots meet: yield each slot's index, and the seconds in it."""
    while end_s - start_s > _EDGE:
        index = _index(start_s, span_s)
        cut_s = min(end_s, (index + 1) * span_s)
        yield index, cut_s - start_s
        start_s = cut_s


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in seconds.items()}
