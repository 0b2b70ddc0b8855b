"""A short version of ``python -m tests.benchmarks.web_load``: what holds on any machine."""

import math

from device.sinks.web import Web
from tests.benchmarks.web_load import load


def small(seconds, viewers, listeners):
    return load(seconds, viewers, listeners, settle_s=0.5, lowered=math.inf)


def test_many_visitors_get_what_is_made_once_and_leave_nothing_behind():
    complaints, table = small(2, 6, 10)
    assert complaints == []
    assert table[1].startswith("frames read a second")


def test_a_leak_would_be_seen(monkeypatch):
    leak = []
    see = Web.see

    def leaking(self, frame, readings):
        leak.append(b"x" * 1_000_000)
        see(self, frame, readings)

    monkeypatch.setattr(Web, "see", leaking)
    complaints, _ = small(1, 1, 1)
    assert complaints[0].startswith("memory grew by ")
