"""What is said of troubles, and how often."""

import errno
import logging
import os

import pytest

from device.sinks.log.troubles import Troubles

HOUR_S = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def error(code: int) -> OSError:
    return OSError(code, os.strerror(code))


@pytest.fixture(autouse=True)
def _all(caplog):
    caplog.set_level(logging.INFO)


def test_there_is_one_warning_an_hour_and_an_end(caplog):
    clock = Clock()
    troubles = Troubles("write the log x", clock)
    for _ in range(3 * 3600):
        troubles.note(error(errno.ENOSPC), lost=2)
        clock.now_s += 1
    assert (
        caplog.messages
        == ["cannot write the log x: no space left on device: free some space: readings go on"] * 3
    )
    troubles.over()
    troubles.over()
    assert caplog.messages[3:] == ["can write the log x again: it lacks 21600 lines"]


def test_a_disk_that_fails_now_and_then_is_told_as_seldom(caplog):
    clock = Clock()
    troubles = Troubles("write the log x", clock)
    for _ in range(3600):
        troubles.note(error(errno.EIO), lost=1)
        troubles.over()
        clock.now_s += 1
    assert caplog.messages == [
        "cannot write the log x: input/output error: see to the disk: readings go on",
        "can write the log x again: it lacks 1 line",
    ]
    troubles.note(error(errno.EIO), lost=1)
    troubles.over()
    assert caplog.messages[3:] == ["can write the log x again: it lacks 3600 lines"]


def test_what_was_lost_is_said_at_the_end_at_the_latest(caplog):
    troubles = Troubles("write the log x", Clock())
    troubles.close()
    assert not caplog.messages
    troubles.note(error(errno.EROFS), lost=1)
    troubles.close()
    troubles.close()
    assert caplog.messages[1:] == ["could not write the log x: it lacks 1 line"]


def test_where_nothing_was_wrong_nothing_is_said(caplog):
    Troubles("write the log x", Clock()).over()
    assert not caplog.messages
