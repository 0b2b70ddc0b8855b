"""Ctrl-C for a whole command, whatever its libraries make of it."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

# What a shell reports for a program that SIGINT ended.
INTERRUPTED = 130


@contextmanager
def interruptible() -> Iterator[None]:
    """Have an error that follows Ctrl-C within the block come out as KeyboardInterrupt.

    TensorFlow's C code drops the KeyboardInterrupt that is raised in what it calls, and goes on
    to a TypeError or ValueError of its own.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # ignored, as behind nohup, or somebody else's
        return
    asked = False

    def ask(number: int, frame: object) -> NoReturn:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    except Exception as error:
        if asked:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def leave(code: int) -> NoReturn:
    """End the process with ``code``: neither Ctrl-C nor what libraries log changes that now."""
    logging.disable()  # TensorFlow complains of what an interruption left unused
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
