"""What ends an installation, in words for people."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import NoReturn

FAILED = 1  # while doing it
WRONG_USE = 2  # a wrong option, setting or machine

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InstallError(Exception):
    """One clear sentence, and the exit code that goes with it."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


class Stopped(BaseException):
    """A signal asked for the end. Like KeyboardInterrupt, no failure of a step."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number  # as a shell has it


def last_line(text: str) -> str:
    """Return the last line that says something, or a stand-in."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing was said"


def stop_on_signals() -> None:
    """Let a signal raise Stopped, once; one that is ignored, as below nohup, stays so."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    hold_signals()
    raise Stopped(number)


def hold_signals() -> None:
    """Let no signal interrupt what comes now."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def signals_later() -> Iterator[None]:
    """Let a signal that would raise Stopped do so when what is done here has come to its end."""
    came: list[int] = []
    waiting = [number for number in SIGNALS if signal.getsignal(number) is _stop]
    for number in waiting:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number in waiting:
            signal.signal(number, _stop)
    if came:
        _stop(came[0], None)


@contextmanager
def undoable() -> Iterator[ExitStack]:
    """Call what was given to the stack, the last first, where it does not come to its end.

    What is undone is undone to its end, and what is done stays: signals wait for neither.
    """
    with ExitStack() as undo:
        try:
            yield undo
        except BaseException:
            hold_signals()
            raise
        hold_signals()
        undo.pop_all()
