"""The prediction log: JSON Lines, a line a reading."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from device.errors import SinkError
from device.records import Reading
from device.sinks.base import Sink


class Log(Sink):
    """Appends readings to a file; a line is complete on disk when ``write`` returns.

    When the next lines would make the file larger than ``max_bytes``, it is
    renamed to ``NAME.1``, the one before to ``NAME.2`` and so on up to ``keep``,
    and a new file is begun. A file that somebody else renames or removes is
    begun anew as well, so ``logrotate`` and ``tail -F`` both work.

    Raises SinkError, naming the file, where it cannot be opened or written.
    A write that fails leaves no part of a line behind.
    """

    def __init__(self, path: Path, *, max_bytes: int = 10_000_000, keep: int = 9) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._file = -1
        self._open()

    def write(self, readings: Sequence[Reading]) -> None:
        """Append a line for each reading."""
        lines = b"".join(msgspec.json.encode(as_dict(reading)) + b"\n" for reading in readings)
        try:
            if self._moved():
                self._reopen()
            size = os.fstat(self._file).st_size
            if size and size + len(lines) > self._max_bytes:
                self._rotate()
                size = 0
            self._append(lines, size)
        except OSError as error:
            raise SinkError(_explain(self._path, error)) from error

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            # Only the owner and the group may read what somebody's face said.
            self._file = os.open(self._path, flags, 0o640)
            self._end_torn_line()
        except OSError as error:
            self.close()
            raise SinkError(_explain(self._path, error)) from error

    def _end_torn_line(self) -> None:
        """After a power cut the last line may be a part of one: begin a new one behind it."""
        size = os.fstat(self._file).st_size
        if self._is_regular() and size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def _reopen(self) -> None:
        self.close()
        self._open()

    def _moved(self) -> bool:
        """Tell whether the path names another file, or none, by now."""
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return True
        ours = os.fstat(self._file)
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _append(self, lines: bytes, size: int) -> None:
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if self._is_regular():  # a pipe or terminal cannot be synchronised, nor cut
                os.fdatasync(self._file)
        except OSError:
            if self._is_regular():
                os.ftruncate(self._file, size)
            raise

    def _is_regular(self) -> bool:
        return stat.S_ISREG(os.fstat(self._file).st_mode)

    def _rotate(self) -> None:
        if not self._keep:
            os.ftruncate(self._file, 0)
            return
        for number in range(self._keep - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        self._reopen()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def as_dict(reading: Reading) -> dict[str, object]:
    """Return what stands in the log for ``reading``."""
    return {
        "time": reading.time.isoformat(timespec="milliseconds"),
        "media_time_s": round(reading.media_time_s, 3),
        "face": reading.face.id,
        "box_xyxy": reading.face.box_xyxy,
        "emotion": reading.emotion,
        "probability": round(reading.probability, 4),
        "probabilities": {name: round(p, 4) for name, p in reading.probabilities.items()},
        "model": reading.model_id,
    }


def _explain(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"cannot write the log {path}: {reason}: free space, or give another file with --log"
