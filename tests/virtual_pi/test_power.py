"""The process is killed and the power is cut, ten times each: no line is torn, none is lost."""

from __future__ import annotations

import json

from tests.virtual_pi.pi import LOG, Pi
from tests.virtual_pi.say import say
from tests.virtual_pi.test_service import read_demo

TIMES = 10
# The settings' log_sync_s, and what the emulated disk may take to keep what it was told to.
SYNC_S, DISK_S = 1.0, 2.0


def written(pi: Pi) -> tuple[float, list[str]]:
    """Return how long the machine is up, in seconds, and then at once the log's whole lines."""
    up, *lines = pi.shell.must(f"cut -d' ' -f1 /proc/uptime; cat {LOG}").split("\n")
    return float(up), lines


def whole(lines: list[str]) -> list[str]:
    """Return the lines; each must be a reading."""
    assert all("emotion" in json.loads(line) for line in lines)
    return lines


def busy(pi: Pi) -> None:
    """Have as much written as the emulated processor allows."""
    pi.configure(rate_hz=10.0)
    read_demo(pi)
    pi.more_readings(3)


def test_killed_ten_times_it_loses_nothing(pi):
    busy(pi)
    for number in range(1, TIMES + 1):
        before, process = written(pi)[1], pi.show("MainPID")
        pi.shell.must("systemctl kill -s KILL mien")
        pi.until_shown("NRestarts", {str(number)}, 120)
        pi.more_readings(2)
        after = whole(written(pi)[1])
        assert after[: len(before) - 1] == before[:-1]  # the last one may have been half read
        say(f"{number}: process {process} killed: {len(before)} lines before, {len(after)} now")


def test_without_power_ten_times_it_loses_nothing_that_was_synchronised(pi):
    busy(pi)
    for number in range(1, TIMES + 1):
        pi.more_readings(5)
        up_s, lines = written(pi)
        pi.machine.cut_power()
        boot_s = pi.machine.start()
        ready = pi.until_shown("ActiveState", {"active"}, 300)
        pi.more_readings(2)
        after = set(whole(written(pi)[1]))
        boot = json.loads(lines[-2])["boot"]
        kept, lost = 0, 0
        for line in lines[:-1]:
            reading = json.loads(line)
            old = reading["boot"] != boot or reading["monotonic_s"] < up_s - SYNC_S - DISK_S
            assert line in after or not old, f"lost: {line}"
            kept, lost = kept + (line in after), lost + (line not in after)
        say(
            f"{number}: power cut {up_s:.0f} s after the start: {kept} lines are there, {lost} of "
            f"the last {SYNC_S + DISK_S:g} s are not; up again after {boot_s:.0f} s, {ready}"
        )
    said = pi.shell.run("journalctl -u mien --no-pager -q -o cat | grep -iE 'torn|whole line'")
    say(f"the journal on torn ends: {said.text or 'nothing'}")
