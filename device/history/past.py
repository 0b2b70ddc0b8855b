"""What was counted in minutes, hours and days, out of the database."""

from __future__ import annotations

from datetime import tzinfo

from device.errors import MienError
from device.history import rows
from device.history.database import Database
from device.history.periods import MINUTES, By, period_of, stretches
from device.tally import Tally

_MOST = 20_000

# A period's first minute, and the first one of the next.
Sums = dict[tuple[int, int], Tally]


class PeriodError(MienError, ValueError):
    """A period of the past cannot be told."""


def sums(database: Database, by: By, first: int, end: int, zone: tzinfo) -> Sums:
    """Return what was counted by period, in whole ones, from minute ``first`` until ``end``.

    Raises sqlite3.Error where the database cannot be used, and PeriodError for too much.
    """
    there = database.ask(rows.span)
    if there is None or max(first, there[0]) >= min(end, there[1] + 1):
        return {}
    # Of what there is alone: the time that is asked for may be all that there can be.
    begins, _ = period_of(max(first, there[0]), by, zone)
    _, ends = period_of(min(end, there[1] + 1) - 1, by, zone)
    found: Sums = {}
    for stretch in stretches(begins, ends, zone):
        _add_stretch(found, database, by, stretch, zone)
        if len(found) > _MOST:
            raise PeriodError(f"more than {_MOST:,} {by}s: ask for less, or for longer ones")
    return found


def _add_stretch(
    found: Sums, database: Database, by: By, stretch: tuple[int, int, int], zone: tzinfo
) -> None:
    low, high, shift = stretch
    width = MINUTES[by]
    counted = database.ask(
        lambda db: rows.sums(db, low, high, shift=shift, width=width, most=_MOST)
    )
    for number, tally in counted.items():
        # The day on which the clocks are set is in two stretches.
        period = period_of(max(low, number * width - shift), by, zone)
        found.setdefault(period, Tally()).add(tally)
