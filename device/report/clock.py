"""When lines were written by a machine whose clock was not set yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import msgspec

from device.report.line import Line

# So many wait until the clock is set, half a day's of one face: it may never be.
_MOST_WAITING = 50_000
# A boot is no longer than ten years.
_LONGEST_S = 3e8


def corrected(lines: Iterable[tuple[Line, float]]) -> Iterator[tuple[Line, float]]:
    """Give ``lines`` in their order, with the times that a clock which was set would have said.

    A Raspberry Pi begins with a time that is over. Once the network has set the clock, the
    clock that nobody sets tells how long before that the first lines of the same boot were
    written. Where it was never set they keep the times that they have.
    """
    waiting: list[tuple[Line, float]] = []
    settled = ""
    for line, step_s in lines:
        if waiting and line.boot != waiting[0][0].boot:
            yield from waiting
            waiting.clear()
        if line.clock_synchronised is False and line.boot not in ("", settled):
            waiting.append((line, step_s))
            if len(waiting) > _MOST_WAITING:
                yield from waiting
                waiting.clear()
                settled = line.boot
            continue
        for early, early_step_s in waiting:
            yield _as_set(early, line), early_step_s
        waiting.clear()
        settled = line.boot
        yield line, step_s
    yield from waiting


def _as_set(early: Line, line: Line) -> Line:
    """Return ``early`` with the time that it was, as ``line`` of the same boot tells."""
    since_s = line.monotonic_s - early.monotonic_s
    if not 0 <= since_s < _LONGEST_S:
        return early
    return msgspec.structs.replace(early, time=line.time - timedelta(seconds=since_s))
