"""The image as it was downloaded: looked at, and copied or unpacked. It is never changed."""

from __future__ import annotations

import errno
import lzma
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flash.errors import WRONG_USE, FlashError

BLOCK = 1 << 20
XZ = b"\xfd7zXZ\x00"
XZ_END = b"YZ"
FICLONE = 0x40049409  # "share the blocks", where the file system can (Btrfs, XFS)
# What is packed in another way, and how to unpack it.
PACKED = {
    b"PK\x03\x04": "a zip archive: unpack it (unzip)",
    b"\x1f\x8b": "packed with gzip: unpack it (gunzip)",
    b"BZh": "packed with bzip2: unpack it (bunzip2)",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it (unzstd)",
    b"7z\xbc\xaf\x27\x1c": "a 7-zip archive: unpack it (7z x)",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """A file that may be an image. ``size`` is what it has when it is unpacked, in bytes."""

    path: Path
    packed: bool
    size: int


def look_at(path: Path) -> Source:
    """Return what the file is. Raises FlashError for what is neither an image nor .xz."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "a device" if path.exists() else "not there"
        raise FlashError(f"IMAGE={path} is {what}: give the file that was downloaded", WRONG_USE)
    try:
        with path.open("rb") as file:
            head = file.read(8)
            for mark, what in PACKED.items():
                if head.startswith(mark):
                    raise FlashError(f"IMAGE={path} is {what} and give the .img in it", WRONG_USE)
            if head.startswith(XZ):
                return Source(path, packed=True, size=_unpacked_size(path))
    except OSError as error:
        raise FlashError(f"IMAGE={path}: {error.strerror}", WRONG_USE) from error
    return Source(path, packed=False, size=path.stat().st_size)


def copy(source: Source, target: Path, progress: Progress) -> None:
    """Copy or unpack it to ``target``, with holes for what is empty.

    Raises FlashError where the disk has no room, and for an .xz that is cut short or damaged.
    """
    free = shutil.disk_usage(target.parent).free
    if source.size > free:
        raise FlashError(
            f"{target.parent}: no room: the image has {source.size:,} bytes, {free:,} are free"
        )
    try:
        with target.open("wb") as file:
            if not source.packed and _shared(source.path, file.fileno()):
                return
            done = 0
            for block in _blocks(source):
                done += len(block)
                if block.count(0) == len(block):
                    file.seek(len(block), os.SEEK_CUR)
                else:
                    file.write(block)
                progress(done, source.size)
            file.truncate(done)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise FlashError(f"{target.parent}: no room for the image") from error
        raise FlashError(f"{target}: {error.strerror}") from error


def _shared(path: Path, target: int) -> bool:
    try:
        import fcntl

        with path.open("rb") as file:
            fcntl.ioctl(target, FICLONE, file.fileno())
    except (ImportError, OSError):
        return False
    return True


def _blocks(source: Source) -> Iterator[bytes]:
    if not source.packed:
        with source.path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
        return
    try:
        with lzma.open(source.path) as packed:
            while block := packed.read(BLOCK):
                yield block
    except (EOFError, lzma.LZMAError) as error:
        raise FlashError(f"{source.path} is damaged ({error}): download it again") from error


def _unpacked_size(path: Path) -> int:
    """Read the size from the list of blocks that ends an .xz, without unpacking anything."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 12))
        footer = file.read(12)
        if len(footer) < 12 or footer[10:] != XZ_END or end % 4:
            raise FlashError(f"IMAGE={path} is cut short: download it again")
        length = (int.from_bytes(footer[4:8], "little") + 1) * 4
        file.seek(max(0, end - 12 - length))
        index = file.read(length)
    try:
        count, place = _number(index, 1)
        total = 0
        for _ in range(count):
            _, place = _number(index, place)
            size, place = _number(index, place)
            total += size
    except IndexError:
        raise FlashError(f"IMAGE={path} is damaged: download it again") from None
    return total


def _number(index: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the low ones first, and the place after it."""
    value = shift = 0
    while True:
        byte = index[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, place
        shift += 7
