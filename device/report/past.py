"""What the history keeps, as figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from device.errors import SourceError
from device.history import By, History
from device.report.figures import Figures
from device.report.sums import Sums
from device.report.zone import Here

# By minutes where the plots show them; beyond, by hours, which are far fewer.
_BY_MINUTE = timedelta(days=7)
_CHUNKS: dict[By, timedelta] = {"minute": timedelta(days=7), "hour": timedelta(days=180)}


def figures_of_history(
    path: Path, since: datetime | None, until: datetime | None
) -> Figures | None:
    """Return what the database at ``path`` keeps of a period; None where nothing was read in it.

    It is only read, also while a device writes it.

    Raises SourceError where it is not there, SinkError where it cannot be read.
    """
    if not path.is_file():
        raise SourceError(f"no history {path}: give a log, or run with state set")
    zone = Here()
    with History(path, read_only=True) as history:
        span = history.span(zone)
        if span is None:
            return None
        began = max(span[0], since.astimezone(zone)) if since else span[0]
        ended = min(span[1], until.astimezone(zone)) if until else span[1]
        sums = Sums(60 if ended - began <= _BY_MINUTE else 3600)
        for by, start, end in _pieces(began, ended):
            for slot in history.past(by, start, end):
                sums.add_slot(slot)
        figures = sums.figures(_labels(history))
    return replace(figures, began=began, ended=ended) if figures else None


def _labels(history: History) -> list[str]:
    """Return the emotions in the order of the model that was used last."""
    for head in reversed(history.heads()):
        summary = history.get(head.id)
        if summary is not None:
            return list(summary.everybody.seconds)
    return []


def _pieces(start: datetime, end: datetime) -> Iterator[tuple[By, datetime, datetime]]:
    """Cut a period so that none is too much at once: whole hours, where it is long."""
    if end - start <= _BY_MINUTE:
        yield from _cut("minute", start, end)
        return
    first = start.replace(minute=0, second=0, microsecond=0)
    first = first if first == start else first + timedelta(hours=1)
    last = end.replace(minute=0, second=0, microsecond=0)
    yield from _cut("minute", start, first)
    yield from _cut("hour", first, last)
    yield from _cut("minute", last, end)


def _cut(by: By, start: datetime, end: datetime) -> Iterator[tuple[By, datetime, datetime]]:
    while start < end:
        until = min(start + _CHUNKS[by], end)
        yield by, start, until
        start = until
