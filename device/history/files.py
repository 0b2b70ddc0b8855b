"""The history's file, its folder, and what SQLite keeps beside it."""

from __future__ import annotations

import errno
import glob
import os
from datetime import datetime
from pathlib import Path

from device.errors import SinkError, why

# What SQLite keeps beside a file. The file itself comes last: were it gone first, what lies
# beside it could meet a new one.
_PARTS = ("-wal", "-shm", "")


def make_folder(path: Path) -> None:
    """Make the folder of a database where there is none.

    Raises SinkError where that cannot be, or a database cannot be in it.
    """
    folder = path.parent
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "may not be written")
        if path.exists() and not path.is_file():
            raise FileExistsError(errno.EEXIST, f"{path.name} is no file")
    except OSError as error:
        reason = why(error)
        raise SinkError(
            f"cannot keep the history in {folder}: {reason}: "
            "give a folder that may be written, in one that is there"
        ) from error


def make_file(path: Path) -> None:
    """Make an empty file where there is none: SQLite would let everybody read it."""
    if path.exists():
        return
    # Only the owner and the group may read what somebody's face said.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name survives a power cut as well
    finally:
        os.close(folder)


def size_bytes(path: Path) -> int:
    """Return how large a database is, with what is still to be put in it."""
    parts = [path, Path(f"{path}-wal")]
    return sum(part.stat().st_size for part in parts if part.exists())


def put_away(path: Path, word: str) -> Path:
    """Give a database a name with ``word`` and the time; return that."""
    stem = f"{path.name}.{word}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    aside, number = path.with_name(stem), 1
    while aside.exists():
        aside, number = path.with_name(f"{stem}-{number}"), number + 1
    for ending in _PARTS:
        part = Path(f"{path}{ending}")
        if part.exists():
            part.rename(f"{aside}{ending}")
    return aside


def keep_newest(path: Path, word: str, count: int) -> None:
    """Remove all that were put away with ``word`` but the last ``count``."""
    names = path.parent.glob(f"{glob.escape(path.name)}.{word}-*")
    aside = sorted(name for name in names if not name.name.endswith(("-wal", "-shm")))
    for old in aside[:-count]:
        for ending in _PARTS:
            Path(f"{old}{ending}").unlink(missing_ok=True)
