"""How long ago a log was begun, whatever the clock on the wall says."""

from __future__ import annotations

import os
from datetime import datetime

import msgspec

from device.clock import Moment

# Far more than a line has.
_REACH_BYTES = 1 << 14


class _Line(msgspec.Struct):
    """When a line was written; see ``device.sinks.log.sink.fields``."""

    time: datetime
    monotonic_s: float
    boot: str
    clock_synchronised: bool | None = None


class Age:
    """Counts the time since a log's first line.

    Within one boot of the machine it is that of the clock that nobody sets. Of boots before
    it is how long lines were written in them; or, where the network had set the clock at the
    first line and has now, what the clock on the wall says, if that is more. So a clock that
    is wrong neither makes a log old that was just begun, nor keeps one young for ever.
    """

    def __init__(self, file: int, now: Moment) -> None:
        """Look at the log that is open as ``file``; raises OSError."""
        self._since_s = now.monotonic_s
        self._before_s = 0.0
        self._begun_s: float | None = None
        last = _last_line(file)
        first = _line_at(file, 0) if last is not None else None
        if first is None or last is None:
            return
        self._before_s = _ran_s(file, first, last)
        if last.line.boot == now.boot:
            self._since_s = min(now.monotonic_s, last.line.monotonic_s)
        if first.line.boot != now.boot and first.line.clock_synchronised:
            self._begun_s = first.line.time.timestamp()

    def seconds(self, now: Moment, wall_s: float) -> float:
        """Return it in seconds; ``wall_s`` is the time on the wall, since 1970."""
        ran_s = self._before_s + now.monotonic_s - self._since_s
        if self._begun_s is not None and now.synchronised:
            return max(ran_s, wall_s - self._begun_s)
        return ran_s


class _Found(msgspec.Struct):
    """A line, and where in the file it begins."""

    offset: int
    line: _Line


def _ran_s(file: int, first: _Found, last: _Found) -> float:
    """Return for how long lines were written from ``first`` to ``last``, each boot by itself.

    Boots never come back, so between two lines of one boot all are of that.
    """
    if first.line.boot == last.line.boot:
        return max(0.0, last.line.monotonic_s - first.line.monotonic_s)
    middle = _line_at(file, (first.offset + last.offset) // 2)
    if middle is None or middle.offset >= last.offset:
        middle = _line_at(file, first.offset + 1)  # the next
    if middle is None or not first.offset < middle.offset < last.offset:
        return 0.0
    return _ran_s(file, first, middle) + _ran_s(file, middle, last)


def _line_at(file: int, offset: int) -> _Found | None:
    """Return the first line from ``offset`` on that tells when it was written."""
    begin = max(0, offset - 1)  # the end of the line before
    content = os.pread(file, _REACH_BYTES, begin)
    skipped = content.find(b"\n") + 1 if offset else 0
    while len(content) > skipped:
        found = _first_of(content[skipped:], begin + skipped)
        # Of an earlier version there may be many that do not tell; the last may be cut here.
        step = content.rfind(b"\n") + 1
        if found is not None or step <= skipped:
            return found
        begin, skipped = begin + step, 0
        content = os.pread(file, _REACH_BYTES, begin)
    return None


def _last_line(file: int) -> _Found | None:
    begin = max(0, os.fstat(file).st_size - _REACH_BYTES)
    lines = os.pread(file, _REACH_BYTES, begin).splitlines(keepends=True)
    content = lines[-1] if lines else b""
    return _first_of(content, begin + sum(map(len, lines[:-1])))


def _first_of(content: bytes, begin: int) -> _Found | None:
    """Return the first line in ``content`` that tells when it was written."""
    for text in content.splitlines(keepends=True):
        try:
            line = msgspec.json.decode(text, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            line = None
        if line is not None and line.time.tzinfo is not None:
            return _Found(begin, line)
        begin += len(text)
    return None
