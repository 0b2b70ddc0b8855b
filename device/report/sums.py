"""Adds up what was read over any length of time, in constant memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from device.report.figures import Figures
from device.report.stretches import Stretch
from device.summary import Slot
from device.tally import Tally

DAY_S = 86400
# Each is a multiple of the one before.
_WIDTHS_S = (
    1, 5, 10, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200,
    *(DAY_S * n for n in (1, 7, 28, 364, 3640, 36400, 364000)),
)  # fmt: skip
# The 5th of January 1970: weeks begin on Monday.
_MONDAY_S = 4 * DAY_S


class _Sum(Tally):
    """What was read in a part of the time; ``offset_s`` is the wall clock's, from UTC."""

    __slots__ = ("offset_s",)

    def __init__(self, offset_s: float = 0.0) -> None:
        super().__init__()
        self.offset_s = offset_s

    def count(self, stretch: Stretch, length_s: float, alone_s: float) -> None:
        self.seconds[stretch.emotion] = self.seconds.get(stretch.emotion, 0.0) + length_s
        self.somebody_s += alone_s

    def local_slot(self, local_s: float, span_s: float, labels: Iterable[str]) -> Slot:
        """Return it as a slot that begins at a local time, with all of ``labels`` first."""
        zone = timezone(timedelta(seconds=self.offset_s))
        whole = Tally(labels)
        whole.add(self)
        return whole.slot(datetime.fromtimestamp(local_s - self.offset_s, zone), span_s)


class _Bins:
    """Sums over equal parts of the time, which grow wider so that there are never many.

    Times are local: those that the clock on the wall showed, in seconds from 1970.
    """

    def __init__(self, most: int, first_width_s: float) -> None:
        self._most = most
        self._widths = [width for width in _WIDTHS_S if width >= first_width_s]
        self._sums: dict[int, _Sum] = {}
        self._first, self._last = 0, 0

    @property
    def width_s(self) -> int:
        return self._widths[0]

    def parts(self, local_s: float, length_s: float) -> Iterator[tuple[float, float]]:
        """Cut a stretch at the edges of the bins, as (start, length)."""
        end_s = local_s + length_s
        while local_s < end_s:
            edge_s = (math.floor(local_s / self.width_s) + 1) * self.width_s
            yield local_s, min(edge_s, end_s) - local_s
            local_s = edge_s

    def at(self, local_s: float, offset_s: float) -> _Sum:
        """Return the sum that this time belongs to."""
        place = self._place(local_s)
        if place not in self._sums:
            self._first = min(place, self._first) if self._sums else place
            self._last = max(place, self._last) if self._sums else place
            self._sums[place] = _Sum(offset_s)
            while self._last - self._first >= self._most and len(self._widths) > 1:
                self._widen()
        return self._sums[self._place(local_s)]

    def _place(self, local_s: float) -> int:
        return math.floor((local_s - _MONDAY_S) / self.width_s)

    def _widen(self) -> None:
        times = self._widths[1] // self._widths[0]
        del self._widths[0]
        narrow, self._sums = self._sums, {}
        for place, each in sorted(narrow.items()):
            self._sums.setdefault(place // times, _Sum(each.offset_s)).add(each)
        self._first, self._last = min(self._sums), max(self._sums)

    def slots(self, labels: Iterable[str]) -> list[Slot]:
        width_s = self.width_s
        return [
            each.local_slot(place * width_s + _MONDAY_S, width_s, labels)
            for place, each in sorted(self._sums.items())
        ]


class Sums:
    """Adds up stretches of a log, or slots of the history.

    slot_s: how long the slots are that will be added; 1 for stretches.
    """

    def __init__(self, slot_s: float = 1.0) -> None:
        self._timeline = _Bins(480, slot_s)
        self._days = _Bins(92, DAY_S)
        self._hours = [_Sum() for _ in range(24)]
        self._began_s, self._ended_s = math.inf, -math.inf
        self._offsets_s = (0.0, 0.0)

    def add(self, stretch: Stretch) -> None:
        """Add a stretch of a log."""
        local_s = stretch.start_s + stretch.offset_s
        self._extend(stretch.start_s, stretch.length_s, stretch.offset_s)
        bins, offset_s = self._timeline, stretch.offset_s
        for each in (self._days.at(local_s, offset_s), self._hour(local_s)):
            each.count(stretch, stretch.length_s, stretch.alone_s)
            each.changes += stretch.changed
            each.faces += stretch.appeared
        alone_from_s = local_s + stretch.length_s - stretch.alone_s
        for part_s, length_s in bins.parts(local_s, stretch.length_s):
            alone_s = max(0.0, part_s + length_s - max(part_s, alone_from_s))
            bins.at(part_s, offset_s).count(stretch, length_s, alone_s)
        first = bins.at(local_s, offset_s)
        first.changes += stretch.changed
        first.faces += stretch.appeared

    def add_slot(self, slot: Slot) -> None:
        """Add a slot of the history, not longer than the ``slot_s`` of these."""
        offset = slot.start.utcoffset()
        offset_s = offset.total_seconds() if offset else 0.0
        start_s = slot.start.timestamp()
        self._extend(start_s, slot.span_s, offset_s)
        local_s = start_s + offset_s
        for each in (
            self._days.at(local_s, offset_s),
            self._hour(local_s),
            self._timeline.at(local_s, offset_s),
        ):
            each.add(slot)

    def _hour(self, local_s: float) -> _Sum:
        return self._hours[int(local_s % DAY_S // 3600)]

    def _extend(self, start_s: float, length_s: float, offset_s: float) -> None:
        if start_s < self._began_s:
            self._began_s, self._offsets_s = start_s, (offset_s, self._offsets_s[1])
        if start_s + length_s > self._ended_s:
            self._ended_s, self._offsets_s = start_s + length_s, (self._offsets_s[0], offset_s)

    def figures(self, labels: Iterable[str]) -> Figures | None:
        """Return what was added up, each with all of ``labels`` first; None for nothing read."""
        labels = list(labels)
        sums = _Sum()
        for each in self._hours:
            sums.add(each)
        if not sum(sums.seconds.values()):
            return None
        whole = sums.local_slot(0, 0, labels)
        began, ended = (
            datetime.fromtimestamp(at_s, timezone(timedelta(seconds=offset_s)))
            for at_s, offset_s in zip((self._began_s, self._ended_s), self._offsets_s, strict=True)
        )
        return Figures(
            began=began,
            ended=ended,
            everybody=whole.read,
            watched_s=whole.watched_s,
            somebody_s=whole.somebody_s,
            faces=whole.faces,
            timeline=self._timeline.slots(labels),
            hours=[
                each.local_slot(hour * 3600, 3600, labels) for hour, each in enumerate(self._hours)
            ],
            days=self._days.slots(labels),
        )
