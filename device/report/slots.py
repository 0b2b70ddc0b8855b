"""Slots of time: put together, and summed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from device.summary import Shares, Slot
from device.tally import Tally

# Widths that people count in, in seconds.
_WIDTHS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400, 91 * 86400, 364 * 86400,
)  # fmt: skip


def shares_of(slots: Iterable[Slot]) -> Shares:
    """Return how the time of all ``slots`` divides."""
    tally = Tally()
    for slot in slots:
        tally.add(slot)
    return tally.shares()


def joined(one: Slot, other: Slot) -> Slot:
    """Return one slot for two, the earlier first; it spans what lies between them as well."""
    tally = Tally()
    tally.add(one)
    tally.add(other)
    return tally.slot(one.start, (max(ends(one), ends(other)) - one.start).total_seconds())


def ends(slot: Slot) -> datetime:
    """Return when ``slot`` ends."""
    return slot.start + timedelta(seconds=slot.span_s)


def at_most(slots: Sequence[Slot], most: int) -> list[Slot]:
    """Return ``slots``, in order, joined so that at most about ``most`` lie beside each other."""
    if not slots:
        return []
    ordered = sorted(slots, key=lambda slot: slot.start)
    began = ordered[0].start
    span_s = (max(map(ends, ordered)) - began).total_seconds()
    if len(ordered) <= most:
        return ordered
    width_s = next((w for w in _WIDTHS_S if span_s / w <= most), span_s / most)
    # Whole minutes, hours and days by the clock on the wall there.
    offset_s = (began.utcoffset() or timedelta()).total_seconds()
    found: dict[int, Slot] = {}
    for slot in ordered:
        place = int((slot.start.timestamp() + offset_s) // width_s)
        found[place] = joined(found[place], slot) if place in found else slot
    return list(found.values())
