"""training/interrupt.py: Ctrl-C is never lost."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from training.interrupt import Interrupt


def press(*then: Callable[[Interrupt], object]) -> None:
    """Press Ctrl-C in a training, and do ``then``."""
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        for step in then:
            step(interrupt)


def test_it_is_raised_between_two_batches() -> None:
    later: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press(lambda it: it.on_train_batch_end(0), lambda it: later.append("a batch more"))
    assert later == []


def test_it_is_raised_at_the_end_where_no_batch_follows() -> None:
    later: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press(lambda it: later.append("the last epoch is kept"))
    assert later == ["the last epoch is kept"]


def test_the_second_does_not_wait() -> None:
    later: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press(
            lambda it: signal.raise_signal(signal.SIGINT),
            lambda it: later.append("the batch went on"),
        )
    assert later == []


def test_an_error_is_not_hidden_by_it() -> None:
    with pytest.raises(ZeroDivisionError):
        press(lambda it: 1 / 0)


def test_afterwards_ctrl_c_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
