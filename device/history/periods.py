"""Minutes, hours and days of local time, also where summer time begins or ends.

A minute is a number: minutes since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

By = Literal["minute", "hour", "day"]
MINUTES: dict[By, int] = {"minute": 1, "hour": 60, "day": 1440}


def minute_of(time: datetime) -> int:
    """Return the minute that ``time``, which has a zone, lies in."""
    return int((time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=1))


def time_of(minute: int, zone: tzinfo) -> datetime:
    """Return when ``minute`` begins, as the clocks of ``zone`` show it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(zone)


def period_of(minute: int, by: By, zone: tzinfo) -> tuple[int, int]:
    """Return the first minute of the local hour or day that ``minute`` lies in, and of the next.

    A day on which the clocks are set has 23 or 25 hours.
    """
    if by == "day":
        midnight = time_of(minute, zone).replace(hour=0, minute=0, second=0, fold=0)
        return minute_of(midnight), minute_of(midnight + timedelta(days=1))
    span = MINUTES[by]
    first = minute - (minute + _shift(minute, zone)) % span
    return first, first + span


def stretches(first: int, end: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """Cut the minutes from ``first`` until ``end`` where the clocks of ``zone`` are set.

    Yields the first minute of each stretch, the one behind its last, and by how many minutes
    local time is ahead of UTC in it.
    """
    while first < end:
        shift, cut = _shift(first, zone), first
        while cut < end and _shift(cut, zone) == shift:
            cut += 1440
        low, cut = max(first, cut - 1440), min(cut, end)
        if _shift(cut - 1, zone) != shift:
            while cut - low > 1:  # low has the shift, and cut - 1 or later has not
                middle = (low + cut) // 2
                low, cut = (middle, cut) if _shift(middle, zone) == shift else (low, middle)
        yield first, cut, shift
        first = cut


def _shift(minute: int, zone: tzinfo) -> int:
    ahead = time_of(minute, zone).utcoffset()
    return int((ahead or timedelta()) // timedelta(minutes=1))
