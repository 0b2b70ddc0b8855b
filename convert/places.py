"""Places that results are written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make ``folder`` and those above it where they are missing; at the end empty ones go again.

    Raises OSError where they cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        if missing:  # else a file in its place would be said to be there already
            folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for path in missing:  # the innermost is the first
            with suppress(OSError):  # it holds the result
                path.rmdir()
