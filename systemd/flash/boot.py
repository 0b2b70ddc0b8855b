"""The boot partition of an image, through mtools: no mounting, no root."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from flash import programs
from flash.errors import FlashError
from flash.table import Partition

BLOCK = 1 << 20


class BootPartition:
    """The FAT partition of ``image``. Paths in it are relative, with ``/`` between folders."""

    def __init__(self, image: Path, partition: Partition) -> None:
        self.image = image
        self.partition = partition
        self.drive = f"{image}@@{partition.start}"
        if programs.run("mdir", "-b", "-i", self.drive, "::").returncode:
            raise FlashError(
                f"{image} is not an image of Raspberry Pi OS: "
                "its first partition cannot be read as FAT"
            )

    def exists(self, path: str) -> bool:
        """Whether the file or folder is there."""
        return programs.run("mdir", "-b", "-i", self.drive, f"::{path}").returncode == 0

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raises FlashError where there is none."""
        done = programs.run("mcopy", "-n", "-i", self.drive, f"::{path}", "-")
        if done.returncode:
            raise FlashError(f"{self.image}: its boot partition has no {path}")
        return done.stdout

    def write(self, path: str, data: bytes) -> None:
        """Write a file, over an older one; its folder must be there."""
        done = programs.run("mcopy", "-o", "-i", self.drive, "-", f"::{path}", data=data)
        if done.returncode:
            raise FlashError(f"{self.image}: {path} could not be written: {_reason(done.stderr)}")

    def make_folders(self, paths: list[str]) -> None:
        """Make the folders, the outer ones first."""
        done = programs.run("mmd", "-i", self.drive, *(f"::{path}" for path in paths))
        if done.returncode:
            raise FlashError(f"{self.image}: no folder could be made: {_reason(done.stderr)}")

    def cluster_bytes(self) -> int:
        """The unit in which room is given out."""
        with self.image.open("rb") as file:
            file.seek(self.partition.start)
            sector, clusters = struct.unpack_from("<11xHB", file.read(64))
        return int(sector * clusters)

    def free_bytes(self) -> int:
        """The room that is left."""
        done = programs.run("mdir", "-i", self.drive, "::")
        words = done.stdout.decode("utf-8", "replace").split("bytes free")[0].splitlines()[-1]
        return int("".join(character for character in words if character.isdecimal()))

    def check_room(self, files: Mapping[str, bytes]) -> None:
        """Raise FlashError where ``files`` would not fit."""
        unit = self.cluster_bytes()
        # A folder takes a unit, and an entry with a long name some hundred bytes of one.
        folders = {str(PurePosixPath(path).parent) for path in files}
        wanted = sum(-(-len(data) // unit) * unit for data in files.values())
        wanted += (len(folders) + 1 + len(files) * 512 // unit) * unit
        free = self.free_bytes()
        if wanted > free:
            raise FlashError(
                f"{self.image}: no room on its boot partition: {wanted:,} bytes are needed, "
                f"{free:,} are free"
            )

    def check_written(self, files: Mapping[str, bytes]) -> None:
        """Read everything again. mtools says nothing when it could write half of a file only."""
        for path, data in files.items():
            if self.read(path) != data:
                raise FlashError(f"{self.image}: {path} is not on it as it was written")

    def faults(self) -> set[str]:
        """What ``fsck.fat`` finds wrong; nothing where there is no such program."""
        if programs.find("fsck.fat") is None:
            return set()
        with tempfile.TemporaryDirectory(dir=self.image.parent, prefix=".mien-") as folder:
            alone = Path(folder) / "boot.fat"
            self._extract(alone)
            done = programs.run("fsck.fat", "-n", str(alone))
        if done.returncode == 0:
            return set()
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        return {line.strip() for line in lines[1:] if line.strip() and str(alone) not in line}

    def _extract(self, target: Path) -> None:
        with self.image.open("rb") as source, target.open("wb") as alone:
            source.seek(self.partition.start)
            left = self.partition.size
            while left:
                block = source.read(min(BLOCK, left))
                if not block:
                    break
                left -= len(block)
                if block.count(0) == len(block):
                    alone.seek(len(block), 1)
                else:
                    alone.write(block)
            alone.truncate(self.partition.size)


def _reason(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "mtools does not say why"
