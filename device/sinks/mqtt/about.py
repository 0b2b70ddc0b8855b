"""What is told of the device: its number, its name, its parts."""

from __future__ import annotations

import hashlib
import hmac
import re
import socket
from dataclasses import dataclass
from pathlib import Path

_MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True)
class About:
    """What is told of the program.

    version: of Mien.
    labels: the model's emotions.
    model_id: which model reads.
    """

    version: str
    labels: list[str]
    model_id: str


def device_id(given: str) -> str:
    """Return what the device is called in topics: as ``given``, else by its host's name.

    Cards that were copied, and boards as they are sold, all have the same host name, so a
    number of the machine stands behind it.
    """
    if given:
        return given
    host = re.sub(r"[^a-z0-9_-]+", "-", host_name().lower()).strip("-")[:40] or "mien"
    number = _machine_number()
    return f"{host}-{number}" if number else host


def host_name() -> str:
    """Return the machine's name, without its domain."""
    return socket.gethostname().partition(".")[0]


def _machine_number() -> str:
    """Return six hexadecimal digits of this machine; "" where it has no number.

    They are made from the machine's own, which is not for others to know.
    """
    try:
        own = _MACHINE_ID.read_bytes().strip()
    except OSError:
        return ""
    return hmac.new(own, b"mien mqtt", hashlib.sha256).hexdigest()[:6] if own else ""
