"""Writing a file so that it is there whole or not at all, also after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes, *, mode: int = 0o640) -> None:
    """Put ``content`` at ``path`` in one step: a power cut leaves the old or the new.

    mode: who may read it. Written by root it belongs to whom its folder belongs to, so that
        a service that is not root can replace it.

    Raises OSError where that cannot be; what stood at ``path`` is then as it was.
    """
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            give_to_owner_of(path.parent, descriptor)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)  # half a file may hold what room was left
        raise
    sync_folder(path.parent)


def give_to_owner_of(folder: Path, of: int | Path) -> None:
    """Let root's file or folder ``of`` belong to whom ``folder`` belongs to.

    A link is not followed: who may write in ``folder`` could have it lead to a file of root's.
    """
    if os.geteuid() == 0:
        status = folder.stat()
        os.chown(of, status.st_uid, status.st_gid, follow_symlinks=isinstance(of, int))


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` survive a power cut as well; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
