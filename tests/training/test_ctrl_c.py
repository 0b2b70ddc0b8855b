"""training/ctrl_c.py: a command that was stopped says so, whatever came of it inside."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.in_process import LIMIT_S
from training.ctrl_c import interruptible, raise_if_asked

_AT_THE_END = """
import atexit, logging, signal
from training.ctrl_c import leave
atexit.register(logging.error, "Object was never used")
atexit.register(signal.raise_signal, signal.SIGINT)
leave({code})
"""


def dropped_by_c() -> None:
    """Press Ctrl-C as where C calls back, drops what is raised, and stumbles over the rest."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    raise TypeError("in user code")


def dropped_without_a_trace() -> None:
    """Press Ctrl-C as in a destructor, and come to where the result would be kept."""
    raise_if_asked()  # nobody has
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    raise_if_asked()


@pytest.mark.parametrize(
    "end",
    [lambda: signal.raise_signal(signal.SIGINT), dropped_by_c, dropped_without_a_trace],
)
def test_it_comes_out_as_keyboard_interrupt(end: Callable[[], None]) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        end()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_without_it_stays_what_it_is() -> None:
    with pytest.raises(TypeError, match="in user code"), interruptible():
        raise TypeError("in user code")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_it_is_ignored_it_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("code", [0, 2])
def test_at_the_very_end_nothing_is_heard_of_it(code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AT_THE_END.format(code=code)],
        capture_output=True, text=True, timeout=LIMIT_S,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "")
