"""The file that lines are appended to."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from pathlib import Path

from device.closing import Closing
from device.sinks.log.repair import repair

_log = logging.getLogger(__name__)


class LogFile(Closing):
    """A file that one program at a time appends whole lines to.

    What a power cut left torn at its end is put right when it is opened.

    is_regular: whether it is a file, and no pipe, terminal or the like: those can be neither
        cut, put aside nor synchronised.

    Raises OSError; EWOULDBLOCK where another program writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._torn = False
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        # Only the owner and the group may read what somebody's face said.
        self.descriptor = os.open(path, flags, 0o640)
        try:
            self.is_regular = stat.S_ISREG(os.fstat(self.descriptor).st_mode)
            if self.is_regular:
                # Two programs that rotate the same log would put aside each other's lines.
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._repair()
        except OSError:
            self.close()
            raise

    def append(self, lines: bytes) -> None:
        """Append whole lines, or nothing; raises OSError."""
        if self._torn:
            self._repair()
        size = self.size
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError:
            if self.is_regular:
                self._torn = True  # if it cannot be cut either, that is to be done later
                os.ftruncate(self.descriptor, size)
                self._torn = False
            raise

    def empty(self) -> None:
        """Throw away all lines."""
        os.ftruncate(self.descriptor, 0)

    @property
    def size(self) -> int:
        """How many bytes it has; somebody else may have cut it."""
        return os.fstat(self.descriptor).st_size

    @property
    def inode(self) -> int:
        """Its number on its file system."""
        return os.fstat(self.descriptor).st_ino

    def moved(self) -> bool:
        """Tell whether the path names another file, or none, by now."""
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return True
        return not os.path.samestat(there, os.fstat(self.descriptor))

    def release(self) -> int:
        """Give away the descriptor: whoever takes it closes it."""
        descriptor, self.descriptor = self.descriptor, -1
        return descriptor

    def close(self) -> None:
        """Close the file."""
        if self.descriptor >= 0:
            os.close(self.release())

    def _repair(self) -> None:
        lost = repair(self.descriptor)
        self._torn = False
        if lost:
            _log.warning(
                "the log %s: its end was torn, as by a power cut: %d bytes that were no whole "
                "line are cut off",
                self.path,
                lost,
            )


def shorten(path: Path, part: Path, size: int) -> None:
    """Leave the last lines of a log, ``size`` bytes at most; raises OSError.

    part: what they are written to first.
    """
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - size - 1))
        file.readline()  # the rest of one, or the end of the line before
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "wb") as new:
            while chunk := file.read(1 << 20):
                new.write(chunk)
            new.flush()
            os.fsync(new.fileno())
    part.replace(path)
