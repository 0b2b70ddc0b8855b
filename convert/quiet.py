"""Silence for libraries that talk."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def quiet(*, chatter: bool = False) -> Iterator[None]:
    """Swallow what is written to stdout and stderr inside, also by C++ code.

    TensorFlow's C++ parts write to the file descriptors, some of it before their
    log level can be set; so the descriptors are pointed elsewhere meanwhile.
    Exceptions pass. With ``chatter`` everything is let through.
    """
    if chatter:
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as swallowed,
            redirect_stdout(swallowed),
            redirect_stderr(swallowed),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            for number in kept:
                os.dup2(swallowed.fileno(), number)
            yield
    finally:
        # A logger may have written to the streams that it found when it was made;
        # what they still hold belongs to the swallowed part.
        _restore(kept)


def _restore(kept: dict[int, int]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for number, copy in kept.items():
        os.dup2(copy, number)
        os.close(copy)
