"""The folder of a model's versions, as TensorFlow Serving wants it.

A folder with a number for a name is a version, the highest is served, and a server that
runs takes a new one as soon as it is there: so a version must come in one step.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from convert.places import made
from device.errors import ConfigError, SinkError, why


def check(base: Path) -> None:
    """Raise ConfigError where ``base`` cannot be a folder of versions."""
    if base.exists() and not base.is_dir():
        raise ConfigError(f"--out {base}: is no folder: give one, in which each version gets one")
    if (base / "saved_model.pb").exists():
        raise ConfigError(
            f"--out {base}: is a version itself: give the folder above, {base.resolve().parent}"
        )


@contextmanager
def workplace(base: Path) -> Iterator[Path]:
    """Yield a path to write a version to, which servers pass over; what is there at the end goes.

    ``base`` is made where it is missing, as the folders above it are, and goes again where
    nothing came into it.

    Raises SinkError where there is no such place, or no right to write there.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(made(base))
            # Inside it: what is moved in one step stays in a file system, and it may be a mount.
            name = stack.enter_context(tempfile.TemporaryDirectory(dir=base, prefix=".partial-"))
        except OSError as error:
            raise SinkError(f"--out {base}: cannot write there: {why(error)}") from error
        yield Path(name) / "version"


def place(partial: Path, base: Path) -> Path:
    """Move the folder ``partial`` into ``base``, whole also after a power cut; return its place.

    Its name is one above the highest number that is there.

    Raises SinkError where it cannot be written.
    """
    try:
        for path in [*partial.rglob("*"), partial]:
            _sync(path)
        placed = None
        while placed is None:
            placed = _rename(partial, base / str(max(_numbers(base), default=0) + 1))
        _sync(base)
    except OSError as error:
        raise SinkError(f"--out {base}: cannot write there: {why(error)}") from error
    return placed


def _rename(partial: Path, place: Path) -> Path | None:
    """Return ``place`` once ``partial`` is there; None where another program has taken it."""
    try:
        return partial.rename(place)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            return None
        raise


def _numbers(base: Path) -> list[int]:
    return [int(path.name) for path in base.iterdir() if path.name.isdecimal()]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
