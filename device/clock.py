"""Whether the clock on the wall was set by the network, and times that need none.

A Raspberry Pi has no clock that runs while it is off: until it reaches a time server it says
some time that is over, often by months.
"""

from __future__ import annotations

import ctypes
import functools
import re
import time
from dataclasses import dataclass
from pathlib import Path

# Here systemd-timesyncd says that it reached a time server since the system started.
_TIMESYNCD = Path("/run/systemd/timesync/synchronized")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT_ID_LENGTH = 8
# The kernel's guess of how far the clock may be off. It begins with 16 s, and goes on growing
# from what a program says that sets the clock; timedatectl has the same limit. The kernel's
# flag STA_UNSYNC says less: chrony without rtcsync leaves it set.
_UNKNOWN_US = 16_000_000


class _Timex(ctypes.Structure):
    """What adjtimex(2) fills in, as far as it is looked at; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


@dataclass(frozen=True)
class Moment:
    """A moment in times that can be told apart from a clock's that is wrong.

    monotonic_s: seconds on the clock that nobody sets; it begins anew with each boot.
    synchronised: whether the clock on the wall is set by the network, or a receiver; None
        where the system does not tell.
    boot: which boot of the machine it is, "" where that is unknown.
    """

    monotonic_s: float
    synchronised: bool | None
    boot: str


def now() -> Moment:
    """Return this moment."""
    return Moment(time.monotonic(), is_synchronised(), boot_id())


def is_synchronised(timesyncd: Path = _TIMESYNCD) -> bool | None:
    """Tell whether the clock on the wall is set by the network; None where nobody knows.

    The kernel knows, for all containers alike. Where it may not be asked systemd-timesyncd
    may: there an answer is never no, as another program may have set the clock.
    """
    error_us = _max_error_us()
    if error_us is not None:
        return error_us < _UNKNOWN_US
    return True if timesyncd.exists() else None


@functools.cache
def boot_id(path: Path = _BOOT_ID) -> str:
    """Return the first digits of what Linux calls this boot; "" where it does not tell."""
    try:
        text = path.read_text(encoding="ascii")[:_BOOT_ID_LENGTH]
    except (OSError, UnicodeDecodeError):
        return ""
    return text if re.fullmatch(r"[0-9a-f]{8}", text) else ""


def _max_error_us() -> int | None:
    """Return how far the clock may be off, in microseconds; None where one may not ask."""
    asked = _Timex()  # modes is 0: nothing is changed
    if _libc().adjtimex(ctypes.byref(asked)) < 0:  # a sandbox refuses
        return None
    return int(asked.maxerror)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
