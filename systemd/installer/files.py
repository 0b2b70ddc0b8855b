"""Files that are written whole or not at all, and the lock that keeps two of us apart."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from installer.errors import InstallError
from installer.layout import Layout


def write_whole(path: Path, content: bytes, mode: int = 0o644, group: int | None = None) -> bool:
    """Put ``content`` at ``path`` in one step; return whether anything changed.

    ``group`` is the number of the group that a new file belongs to.
    """
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        if path.stat().st_mode & 0o7777 == mode:
            return False
        path.chmod(mode)
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.mien-part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        if group is not None:
            os.fchown(file.fileno(), -1, group)
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    part.replace(path)
    return True


def point(link: Path, target: Path) -> None:
    """Let ``link`` lead to ``target``, a folder beside or below it, in one step."""
    part = link.with_name(f".{link.name}.mien-part")
    part.unlink(missing_ok=True)
    part.symlink_to(os.path.relpath(target, link.parent))
    part.replace(link)
    sync_folder(link.parent)


def sync_folder(folder: Path) -> None:
    """Let the names in ``folder`` outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> bool:
    """Remove a file, a link or a folder with all in it; return whether it was there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        return False
    return True


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the lock, or raise InstallError where another holds it."""
    folder = layout.lock.parent
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with _lock_file(layout.lock):
        try:
            yield
        finally:
            layout.lock.unlink(missing_ok=True)
            if made:
                remove_empty(folder)


def _lock_file(path: Path) -> IO[str]:
    while True:
        file = path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InstallError(
                f"another installation is at work (it holds {path}): wait for its end"
            ) from None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()  # its holder has just removed it: it locks nothing


def make_folder(folder: Path, undo: ExitStack, mode: int = 0o755) -> None:
    """Make a folder and those above it, which are removed again where all is undone."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        path.chmod(mode if path == folder else 0o755)
        undo.callback(remove_empty, path)


def remove_empty(folder: Path) -> None:
    """Remove a folder in which nothing is; leave any other."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
