"""What somebody does who may not read a file."""

from __future__ import annotations

import grp
import stat
from pathlib import Path

from device import program


def advice(path: Path) -> str:
    """Return, for people, how to get the right to read ``path``: by its group, where that has it.

    Of a file in a folder that may not be looked into the folder's group is told.
    """
    for place in (path, *path.parents):
        try:
            status = place.stat()
        except OSError:  # what is above it says no
            continue
        name = _group(status.st_gid)
        if status.st_mode & stat.S_IRGRP and status.st_gid and name:
            return (
                f"add yourself to the group {name}: sudo usermod -aG {name} $USER, then log in "
                f"again; or put sudo before {program.NAME}"
            )
        break
    return f"put sudo before {program.NAME}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:  # a group that was removed
        return ""
