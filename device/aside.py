"""Files that were put aside from a log: NAME.1, NAME.2.gz and so on, the newest first."""

from __future__ import annotations

import collections
import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

_GZIP = b"\x1f\x8b"
# The end of a gzip file: the sum and the length of what it holds.
_TRAILER_BYTES = 8
_CHUNK_BYTES = 1 << 20
# More of them is a date, which logrotate puts there.
_DIGITS = 4


def put_aside(log: Path) -> list[Path]:
    """Return what was put aside from ``log`` in the order it was written, the oldest first.

    Those with a date in their name, which are logrotate's, come first. Where a file was just
    compressed and is still there as well, only the one is told.

    Raises OSError where the folder cannot be read.
    """
    dated = re.compile(re.escape(log.name) + r"[.-](\d{5,})(?:\.gz)?")
    found = [(match[1], path) for path in _beside(log) if (match := dated.fullmatch(path.name))]
    count = {path: number for path, number in numbered(log).items() if not _is_copy(path)}
    newest_last = sorted(count, key=lambda path: (-count[path], path.suffix != ".gz"))
    return [path for _, path in sorted(found)] + newest_last


def numbered(log: Path) -> dict[Path, int]:
    """Return the files that Mien put aside from ``log``, and the number in each one's name.

    Raises OSError where the folder cannot be read.
    """
    pattern = re.compile(re.escape(log.name) + rf"\.([1-9]\d{{0,{_DIGITS - 1}}})(?:\.gz)?")
    return {path: int(match[1]) for path in _beside(log) if (match := pattern.fullmatch(path.name))}


@contextmanager
def open_plain(path: Path) -> Iterator[BufferedReader | gzip.GzipFile]:
    """Open a log to be read, as it was before it was compressed; raises OSError."""
    with path.open("rb") as file:
        zipped = file.peek(len(_GZIP)).startswith(_GZIP)
        yield gzip.GzipFile(fileobj=file) if zipped else file


def last_lines_of(path: Path, count: int) -> list[bytes]:
    """Return the last lines of a file that was put aside, ``count`` at most; reads all of it.

    Raises OSError; EOFError or zlib.error where it was compressed and is damaged.
    """
    with open_plain(path) as file:
        return [line.rstrip(b"\n") for line in collections.deque(file, count)]


def holds(compressed: Path, plain: Path) -> bool:
    """Tell whether ``compressed`` says of itself that it holds what ``plain`` does."""
    with compressed.open("rb") as file:
        if file.seek(0, os.SEEK_END) < _TRAILER_BYTES:
            return False
        file.seek(-_TRAILER_BYTES, os.SEEK_END)
        trailer = file.read()
    length = plain.stat().st_size & 0xFFFFFFFF
    return trailer[4:] == length.to_bytes(4, "little") and trailer[:4] == _checksum(plain)


def _checksum(path: Path) -> bytes:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            value = zlib.crc32(chunk, value)
    return value.to_bytes(4, "little")


def _is_copy(path: Path) -> bool:
    """Tell whether what ``path`` was compressed from is still there."""
    plain = path.with_suffix("")
    try:
        return path.suffix == ".gz" and holds(path, plain)
    except OSError:  # either is gone by now, or cannot be read: who opens it is told
        return False


def _beside(log: Path) -> list[Path]:
    return list(log.parent.iterdir()) if log.parent.is_dir() else []
