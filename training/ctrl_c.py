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


class _Ask:
    """The handler of SIGINT within ``interruptible``; it remembers that it was called."""

    def __init__(self) -> None:
        self.heard = False

    def __call__(self, number: int, frame: object) -> NoReturn:
        self.heard = True
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Have an error that follows Ctrl-C within the block come out as KeyboardInterrupt.

    TensorFlow's C code drops the KeyboardInterrupt that is raised in what it calls, and goes on
    to a TypeError or ValueError of its own.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # ignored, as behind nohup, or somebody else's
        return
    ask = _Ask()
    signal.signal(signal.SIGINT, ask)
    try:
        yield
    except Exception as error:
        if ask.heard:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def raise_if_asked() -> None:
    """Raise KeyboardInterrupt where one was dropped within ``interruptible``, without an error.

    Destructors and some callbacks do that, and the work goes on. To be called before its result
    is put into its place.
    """
    ask = signal.getsignal(signal.SIGINT)
    if isinstance(ask, _Ask) and ask.heard:
        raise KeyboardInterrupt


def leave(code: int) -> NoReturn:
    """End the process with ``code``: neither Ctrl-C nor what libraries log changes that now."""
    logging.disable()  # TensorFlow complains of what an interruption left unused
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
