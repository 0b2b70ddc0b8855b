"""Where the marks of an axis stand, and what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from device.report.numbers import month, number, short_date

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_STEPS_S = (
    1, 2, 5, 10, 15, 30,
    *(_MINUTE_S * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR_S * n for n in (1, 2, 3, 6, 12)),
    *(_DAY_S * n for n in (1, 2, 3, 7, 14)),
)  # fmt: skip
_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 1200, 12000)
# Of an axis that shows durations, each unit from which step on.
_DURATION_STEPS_S = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30,
    *(_MINUTE_S * n for n in (1, 2, 5, 10, 15, 20, 30)),
    *(_HOUR_S * n for n in (1, 2, 3, 4, 6, 12, 24, 48, 120, 240, 480, 1200, 2400, 6000)),
)  # fmt: skip


@dataclass(frozen=True)
class Tick:
    """A mark of an axis.

    share: where it stands, 0-1 of the axis.
    text: what it says: a time, a day, a duration.
    below: the day, where the marks are times and it is the day's first; the year, where
        they are days and it is the year's first; else "".
    """

    share: float
    text: str
    below: str = ""


def time_ticks(start: datetime, end: datetime, most: int, language: str) -> list[Tick]:
    """Return about ``most`` marks between two times of one time zone."""
    span_s = max((end - start).total_seconds(), 1.0)
    step_s = next((step for step in _STEPS_S if span_s / step <= most), None)
    ticks: list[Tick] = []
    last: date | None = None
    for moment in _moments(start, end, step_s, most):
        if step_s is not None and step_s < _DAY_S:
            text = f"{moment:%H:%M:%S}" if step_s < _MINUTE_S else f"{moment:%H:%M}"
            below = "" if last == moment.date() else short_date(moment, language)
        else:
            text = short_date(moment, language) if step_s else month(moment, language)
            below = "" if last and last.year == moment.year else str(moment.year)
        ticks.append(Tick((moment - start).total_seconds() / span_s, text, below))
        last = moment.date()
    return ticks


def _moments(start: datetime, end: datetime, step_s: int | None, most: int) -> Iterator[datetime]:
    """Give the round times from ``start`` to ``end``."""
    if step_s is None:
        yield from _months(start, end, most)
        return
    # Counted from a Monday, so that steps of a week begin with one.
    monday = datetime.combine(date(1970, 1, 5), time(), start.tzinfo)
    count = math.ceil((start - monday).total_seconds() / step_s)
    while (moment := monday + timedelta(seconds=count * step_s)) <= end:
        yield moment
        count += 1


def _months(start: datetime, end: datetime, most: int) -> Iterator[datetime]:
    months = (end - start).days / 30.4
    step = next((n for n in _STEPS_MONTHS if months / n <= most), _STEPS_MONTHS[-1])
    count = start.year * 12 + start.month - 1
    count += -count % step
    while count // 12 <= end.year:
        moment = datetime(count // 12, count % 12 + 1, 1, tzinfo=start.tzinfo)
        if start <= moment <= end:
            yield moment
        count += step


def duration_ticks(longest_s: float, language: str) -> tuple[float, list[Tick]]:
    """Return how long an axis is that shows 0 to ``longest_s``, in seconds, and its marks."""
    step_s = next((s for s in _DURATION_STEPS_S if longest_s / s <= 4), longest_s / 4)
    count = max(1, math.ceil(longest_s / step_s - 1e-9))
    top_s = step_s * count
    return top_s, [
        Tick(n / count, _duration_text(step_s * n, step_s, language)) for n in range(count + 1)
    ]


def _duration_text(seconds: float, step_s: float, language: str) -> str:
    """Return a duration in the unit of its axis' step."""
    if step_s >= _HOUR_S:
        return f"{number(seconds / _HOUR_S, 0, language)}\u00a0h"
    if step_s >= _MINUTE_S:
        return f"{number(seconds / _MINUTE_S, 0, language)}\u00a0min"
    return f"{number(seconds, 0 if step_s >= 1 else 1, language)}\u00a0s"
