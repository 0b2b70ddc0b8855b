"""The first line of a settings file, which says for which Mien it was written.

The installer refuses a file of a newer Mien (``systemd/installer/trying.py``); it reads the
line for itself, for it runs where nothing of this is installed yet.
"""

from __future__ import annotations

import re
from pathlib import Path

from device import __version__

STAMP = re.compile(r"^\ufeff?# Settings of Mien ([0-9][0-9.]*)", flags=re.ASCII)


def settings_version(path: Path) -> str:
    """Return the version whose settings these are; "" where that is not said, or not read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            found = STAMP.match(file.readline(200))
    except OSError:  # who reads the settings says so
        return ""
    return found[1] if found else ""


def newer_warning(path: Path | None) -> str:
    """Return a warning where the settings are of a newer version than this program, or ""."""
    version = settings_version(path) if path else ""
    if _key(version) <= _key(__version__):
        return ""
    return (
        f"{path} is of Mien {version}, newer than this {__version__}: what it says may mean "
        "something else here: upgrade Mien"
    )


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
