"""The machine: its memory, temperature, throttling and disk."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import subprocess
import threading
import time
from pathlib import Path

THERMAL = Path("/sys/class/thermal")
# Bits of `vcgencmd get_throttled`: those of the moment, and 16 higher those since the start.
_BITS = ("under-voltage", "frequency capped", "throttled", "soft temperature limit")
_SINCE = 16
_PROGRAM_LIMIT_S = 2.0
# So much of a log's end is read.
TAIL_BYTES = 262_144
_LINE_LENGTH = 4000


def memory_bytes(process: int | None = None) -> int:
    """Return what a process, by its number, or this one holds in memory.

    Raises OSError where there is none of that number.
    """
    statm = Path("/proc", str(process or "self"), "statm")
    pages = int(statm.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def temperature_c(folder: Path = THERMAL) -> float | None:
    """Return the processor's temperature in degrees Celsius; None where none is measured."""
    found = {}
    for zone in sorted(folder.glob("thermal_zone*")):
        try:
            kind = (zone / "type").read_text(encoding="utf-8").strip()
            found[kind] = int((zone / "temp").read_text(encoding="ascii")) / 1000
        except (OSError, ValueError):  # a zone that is switched off cannot be read
            continue
    of_processor = [celsius for kind, celsius in found.items() if re.search("cpu|pkg|soc", kind)]
    return next(iter([*of_processor, *found.values()]), None)


def throttled(program: str = "vcgencmd") -> list[str] | None:
    """Return why the processor is, or was, slowed down; None where nothing tells."""
    if shutil.which(program) is None:
        return None
    try:
        done = subprocess.run(
            [program, "get_throttled"],
            capture_output=True, text=True, timeout=_PROGRAM_LIMIT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    found = re.fullmatch(r"throttled=0x([0-9a-fA-F]{1,8})", done.stdout.strip())
    return _words(int(found[1], 16)) if found else None


def _words(bits: int) -> list[str]:
    now = [f"{word} now" for bit, word in enumerate(_BITS) if bits >> bit & 1]
    since = [word for bit, word in enumerate(_BITS) if bits >> (bit + _SINCE) & 1]
    return now + [f"{word} since the start" for word in since]


class Condition:
    """Temperature and throttling, looked up at most every ``keep_s``; any thread may ask."""

    def __init__(self, keep_s: float = 2.0) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._known: tuple[float | None, list[str] | None] = (None, None)
        self._until_s = 0.0

    def get(self) -> tuple[float | None, list[str] | None]:
        """Return the temperature in degrees Celsius, and the words of throttling."""
        with self._lock:
            if time.monotonic() >= self._until_s:
                self._known = (temperature_c(), throttled())
                self._until_s = time.monotonic() + self._keep_s
            return self._known


def machine_name() -> str:
    """Return what the machine is called: a Raspberry Pi's model, or the processor's name."""
    for path, pattern in (
        (Path("/proc/device-tree/model"), r"([^\0]+)"),
        (Path("/proc/cpuinfo"), r"model name\s*: (.+)"),
    ):
        try:
            found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if found:
            return f"{found[1].strip()}, {os.cpu_count()} cores"
    return f"{platform.machine()}, {os.cpu_count()} cores"


def system_name() -> str:
    """Return the system's and Python's names."""
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        name = platform.system()
    return f"{name}, {platform.machine()}, Python {platform.python_version()}"


def free_bytes(path: Path) -> int | None:
    """Return what is free on the disk where ``path`` is; None where that cannot be told."""
    try:
        return shutil.disk_usage(path if path.is_dir() else path.parent).free
    except OSError:
        return None


def file_bytes(path: Path) -> int | None:
    """Return how long a file is; None for one that cannot be read, or is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a file, cut where they are very long; reads its end alone.

    There are none where it cannot be read. Bytes that are no UTF-8 are replaced.
    """
    size = file_bytes(path)  # a pipe would be waited for
    if size is None:
        return []
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - TAIL_BYTES))
            content = file.read(TAIL_BYTES)
    except OSError:
        return []
    lines = content.decode("utf-8", "replace").split("\n")
    whole = lines if size <= TAIL_BYTES else lines[1:]  # the first may be the end of one
    return [line[:_LINE_LENGTH] for line in whole if line][-count:]
