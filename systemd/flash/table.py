"""The partition table of an image: a FAT partition to boot from, and Linux after it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from flash.errors import FlashError

SECTOR = 512
FAT = {0x0B, 0x0C, 0x0E}
LINUX = 0x83
GPT = 0xEE
ISO_MARK = (32769, b"CD001")


@dataclass(frozen=True)
class Partition:
    """One entry. ``start`` and ``size`` are in bytes."""

    kind: int
    start: int
    size: int


@dataclass(frozen=True)
class Table:
    """The two partitions of Raspberry Pi OS."""

    boot: Partition
    root: Partition


def read_table(image: Path) -> Table:
    """Return the table. Raises FlashError where the image has another one, or is cut short."""
    with image.open("rb") as file:
        first = file.read(SECTOR)
        file.seek(ISO_MARK[0])
        iso = file.read(len(ISO_MARK[1])) == ISO_MARK[1]
    if len(first) < SECTOR or first[510:] != b"\x55\xaa":
        what = "an ISO image of a CD" if iso else "no image of a disk (it has no partition table)"
        raise FlashError(f"{image} is {what}, not an image of Raspberry Pi OS")
    entries = [_entry(first[446 + 16 * number :]) for number in range(4)]
    used = [entry for entry in entries if entry.kind]
    kinds = [entry.kind for entry in used]
    if len(used) != 2 or kinds[0] not in FAT or kinds[1] != LINUX:
        found = "a GPT" if GPT in kinds else f"partitions of the types {_types(kinds)}"
        raise FlashError(
            f"{image} is not an image of Raspberry Pi OS: it has {found}, not a FAT partition "
            "and a Linux one"
        )
    _check_length(image, used)
    return Table(*used)


def _entry(raw: bytes) -> Partition:
    kind, start, sectors = struct.unpack_from("<4xB3xII", raw)
    return Partition(kind, start * SECTOR, sectors * SECTOR)


def _types(kinds: list[int]) -> str:
    return ", ".join(f"{kind:#04x}" for kind in kinds) or "no kind"


def _check_length(image: Path, partitions: list[Partition]) -> None:
    end = max(entry.start + entry.size for entry in partitions)
    there = image.stat().st_size
    if there < end:
        raise FlashError(
            f"{image} is cut short: its partitions end at {end:,} bytes, and it has {there:,}; "
            "download it again"
        )
