"""The readings in a log as they come, also across its rotations."""

from __future__ import annotations

import os
import stat
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from device import permission
from device.aside import last_lines_of, put_aside
from device.closing import Closing
from device.errors import SourceError, why

# Far more than a line has; what is longer is none.
_CHUNK_BYTES = 1 << 18


def follow(
    path: Path, stop: threading.Event, *, last: int = 10, every_s: float = 0.25
) -> Iterator[dict[str, Any]]:
    """Give the last readings of the log at ``path``, then each new one, until ``stop`` is set.

    A line of which only a part is there is waited for; one that is no reading is left out.
    Where the log is put aside it is read to its end, and the new one from its beginning. Of
    one that is put aside twice within ``every_s`` the file in between is not seen.

    last: how many of those that are there already; also from what was put aside.
    every_s: how often it is looked at.

    Raises SourceError, naming the file, where there is none or it cannot be read.
    """
    try:
        with _Tail(path) as tail:
            yield from _records(tail.begin(last))
            while not stop.is_set():
                lines = tail.read()
                yield from _records(lines)
                if not lines:
                    stop.wait(every_s)
    except (OSError, ValueError) as error:  # ValueError: a NUL in a name
        if isinstance(error, SourceError):
            raise
        reason = why(error)
        if isinstance(error, PermissionError):
            reason += f": {permission.advice(path)}"
        raise SourceError(f"cannot read the log {path}: {reason}") from error


class _Tail(Closing):
    """The end of a file that grows, is cut, or has another take its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        # Where the first line begins that was not given yet: a torn one is read again.
        self._next = 0

    def begin(self, count: int) -> list[bytes]:
        """Return the last ``count`` lines that are there, and go behind them."""
        if not self._open() and not put_aside(self._path):
            raise SourceError(f"no log {self._path}: does Mien run, with this log?")
        lines = self._last(count)
        for path in reversed(put_aside(self._path)):
            if len(lines) >= count:
                break
            if self._has(path):  # put aside since it was opened
                continue
            lines = _last_of(path, count - len(lines)) + lines
        return lines

    def read(self) -> list[bytes]:
        """Return the lines that came since; where there are none, look for a new file."""
        if self._file < 0:
            self._open()
            return []
        there = self._there()
        lines = self._rest()
        # Looked up before it was read: nothing more comes to a file that was put aside then.
        if not lines and there is not None and not os.path.samestat(there, os.fstat(self._file)):
            self.close()
            self._open()
        return lines

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> bool:
        there = self._there()
        if there is None:
            return False
        if not stat.S_ISREG(there.st_mode):  # a pipe would be waited for
            raise SourceError(f"cannot follow {self._path}: it is no file")
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # put aside just now
            return False
        self._next = 0
        return True

    def _there(self) -> os.stat_result | None:
        try:
            return self._path.stat()
        except FileNotFoundError:
            return None

    def _has(self, path: Path) -> bool:
        """Tell whether ``path`` is the file that is open."""
        try:
            return self._file >= 0 and os.path.samestat(path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return False

    def _rest(self) -> list[bytes]:
        """Return whole lines from where the next begins, a chunk of them at most."""
        if os.fstat(self._file).st_size < self._next:  # cut: begun anew in the same place
            self._next = 0
        chunk = os.pread(self._file, _CHUNK_BYTES, self._next)
        end = chunk.rfind(b"\n") + 1
        if not end and len(chunk) == _CHUNK_BYTES:
            end = len(chunk)
        self._next += end
        return chunk[:end].splitlines()

    def _last(self, count: int) -> list[bytes]:
        """Return the last whole lines, ``count`` at most, and go behind them."""
        if self._file < 0:
            return []
        size = begin = os.fstat(self._file).st_size
        content = b""
        while begin and content.count(b"\n") <= count:
            begin = max(0, begin - _CHUNK_BYTES)
            content = os.pread(self._file, size - begin, begin)
        whole = content[: content.rfind(b"\n") + 1]
        self._next = begin + len(whole)
        lines = whole.splitlines()
        return lines[len(lines) - min(count, len(lines)) :]


def _last_of(path: Path, count: int) -> list[bytes]:
    """Return the last lines of a file that was put aside, ``count`` at most."""
    try:
        return last_lines_of(path, count)
    except FileNotFoundError:  # it went meanwhile, being the oldest or compressed
        return []
    except (EOFError, zlib.error) as error:
        raise SourceError(f"cannot read the log {path}: it is damaged: {why(error)}") from error


def _records(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            record = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record
