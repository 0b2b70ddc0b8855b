"""What was put aside from the log, and the bytes that all of it may have."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from device.aside import holds, numbered


@dataclass(frozen=True)
class Volume:
    """A file that was put aside: NAME.1 is the newest."""

    number: int
    path: Path
    size: int
    inode: int

    @property
    def is_compressed(self) -> bool:
        """Whether it is a gzip file."""
        return self.path.suffix == ".gz"


class Shelf:
    """The files put aside from ``log``, with it never more than ``total_bytes``.

    The oldest go first. Two threads use it, the one that writes the log and the one that
    compresses; each holds ``lock`` for as long as nothing may change. All methods raise
    OSError.

    keep: how many files are kept at most.
    log_bytes: how many bytes the log itself has.
    part: a compressed file that is not whole yet; its bytes count as well.
    """

    def __init__(self, log: Path, *, total_bytes: int, keep: int) -> None:
        self.lock = threading.RLock()
        self.log_bytes = 0
        # Its name is none that a log's parts have: who reads them does not meet it.
        self.part = log.with_name(f".{log.name}.part")
        self._log = log
        self._total_bytes = total_bytes
        self._keep = keep
        self._part_bytes = 0
        self._log_inode = 0
        self._volumes: list[Volume] = []

    def tidy(self) -> None:
        """Look at what is there; clear up what a program left that was killed."""
        with self.lock:
            self.drop_part()
            self._look()
            for volume in [it for it in self._volumes if it.is_compressed]:
                plain = volume.path.with_suffix("")
                if plain.exists() and holds(volume.path, plain):  # it was just made of that
                    self._drop(volume)
            self._separate()
            self._keep_so_many()
            self.make_room(0)

    def look(self, log_inode: int, log_bytes: int) -> None:
        """Look at what is there, which others may have changed; and at the log itself."""
        with self.lock:
            self.log_bytes, self._log_inode = log_bytes, log_inode
            self._look()

    def plain(self) -> list[Volume]:
        """Return what was put aside and is not compressed, the oldest first."""
        with self.lock:
            self._look()
            found = [it for it in self._volumes if not it.is_compressed]
            # What logrotate renamed just now is written until the next line is due.
            return [it for it in reversed(found) if it.inode != self._log_inode]

    def put_aside(self) -> None:
        """Make the log NAME.1, and each of the others the next."""
        with self.lock:
            self._look()
            # Where one is missing those behind it need not move.
            taken = {volume.number for volume in self._volumes}
            free = next(n for n in range(1, len(taken) + 2) if n not in taken)
            for volume in reversed([it for it in self._volumes if it.number < free]):
                volume.path.rename(self._name(volume.number + 1, volume.is_compressed))
            self._log.rename(self._name(1))
            self.log_bytes = 0
            self._look()
            self._keep_so_many()

    def make_room(self, size: int) -> bool:
        """Let the oldest go until ``size`` more bytes may be written; tell whether they may."""
        with self.lock:
            while self._bytes() + size > self._total_bytes:
                if not self.drop_oldest():
                    return False
            return True

    def drop_oldest(self) -> bool:
        """Remove the oldest file; tell whether there was one."""
        with self.lock:
            if not self._volumes:
                return False
            oldest = self._volumes[-1]
            if oldest.path.exists():
                # Whoever reads it has it open: that would keep its bytes on the disk.
                os.truncate(oldest.path, 0)
            self._drop(oldest)
            return True

    def add_to_part(self, file: int, content: bytes, inode: int) -> bool:
        """Append to the part, which is open as ``file``; tell whether there was room for it.

        inode: of the file that it is made of. What is older goes, if need be, but not that.
        """
        with self.lock:
            while self._bytes() + len(content) > self._total_bytes:
                if not self._volumes or self._volumes[-1].inode == inode:
                    return False
                self.drop_oldest()
            self._part_bytes += len(content)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(file, rest) :]
            return True

    def drop_part(self) -> None:
        """Remove the part."""
        with self.lock:
            self.part.unlink(missing_ok=True)
            self._part_bytes = 0

    def find(self, inode: int) -> Volume | None:
        """Return the file that has ``inode``, whatever it is called by now; None for none."""
        with self.lock:
            return next((volume for volume in self._volumes if volume.inode == inode), None)

    def finish_part(self, inode: int) -> int | None:
        """Put the part beside the file that it was made of; None where that has gone.

        Returns the part's inode.
        """
        with self.lock:
            source = self.find(inode)
            if source is None:
                return None
            if self._name(source.number, compressed=True).exists():  # not ours: somebody's else
                self._look()
                self._separate()
                source = self.find(inode) or source
            name = self._name(source.number, compressed=True)
            self.part.rename(name)
            self._part_bytes = 0
            self._look()
            return name.stat().st_ino

    def replace(self, inode: int, compressed: int) -> None:
        """Remove a file of which there is a compressed one, where that is still there."""
        with self.lock:
            source = self.find(inode)
            if source is not None and self.find(compressed) is not None:
                self._drop(source)

    def _look(self) -> None:
        found = []
        for path, number in numbered(self._log).items():
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                continue
            found.append(Volume(number, path, status.st_size, status.st_ino))
        # Of two with one number the compressed one was put aside before the other, or is a
        # copy of it, and goes first.
        self._volumes = sorted(found, key=lambda it: (it.number, it.is_compressed))

    def _separate(self) -> None:
        """Give each file a number of its own; logrotate may have used one a second time."""
        renamed, last = [], 0
        for volume in self._volumes:
            last = max(volume.number, last + 1)
            if last != volume.number:
                renamed.append((volume.path, self._name(last, volume.is_compressed)))
        for path, name in reversed(renamed):
            path.rename(name)
        if renamed:
            self._look()

    def _keep_so_many(self) -> None:
        while len({volume.number for volume in self._volumes}) > self._keep:
            self.drop_oldest()

    def _drop(self, volume: Volume) -> None:
        volume.path.unlink(missing_ok=True)
        self._volumes.remove(volume)

    def _bytes(self) -> int:
        return self.log_bytes + self._part_bytes + sum(it.size for it in self._volumes)

    def _name(self, number: int, compressed: bool = False) -> Path:
        return self._log.with_name(f"{self._log.name}.{number}{'.gz' if compressed else ''}")
