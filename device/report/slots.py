"""Slots of time: put together, and summed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from device.summary import Shares, Slot

# Widths that people count in, in seconds.
_WIDTHS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400, 91 * 86400, 364 * 86400,
)  # fmt: skip


def add_seconds(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Return the sum of each; names of ``one`` first, in their order."""
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in {**one, **other}}


def shares_of(slots: Iterable[Slot]) -> Shares:
    """Return how the time of all ``slots`` divides."""
    seconds: dict[str, float] = {}
    changes = 0
    for slot in slots:
        seconds = add_seconds(seconds, slot.seconds)
        changes += slot.changes
    return Shares(seconds, changes)


def joined(one: Slot, other: Slot) -> Slot:
    """Return one slot for two, the earlier first; it spans what lies between them as well."""
    end = max(ends(one), ends(other))
    return Slot(
        start=one.start,
        span_s=(end - one.start).total_seconds(),
        seconds=add_seconds(one.seconds, other.seconds),
        watched_s=one.watched_s + other.watched_s,
        somebody_s=one.somebody_s + other.somebody_s,
        changes=one.changes + other.changes,
        faces=one.faces + other.faces,
    )


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
