import logging

import pytest

from device.stuck import StuckCount

HOUR_S = 3600.0


class Pi:
    """A state folder that stays, a runtime folder that a reboot empties, and a time since then."""

    def __init__(self, folder):
        self.state, self.runtime = folder / "state", folder / "run"
        self.runtime.mkdir()
        self.up_s = 0.0

    def count(self, reboot_after=3):
        return StuckCount(
            self.state, self.runtime, reboot_after=reboot_after, uptime_s=lambda: self.up_s
        )

    @property
    def asked(self) -> bool:
        return (self.runtime / "reboot").exists()

    def hang(self, times=1, reboot_after=3):
        """So many processes find the camera hanging, one after the other."""
        for _ in range(times):
            self.count(reboot_after).add()

    def reboot(self):
        (self.runtime / "reboot").unlink()
        self.up_s = 0.0


@pytest.fixture
def pi(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    return Pi(tmp_path)


def test_a_reboot_is_asked_for_after_so_many_starts_in_a_row(pi, caplog):
    pi.up_s = 2 * HOUR_S
    pi.hang(2)
    assert not pi.asked
    assert caplog.messages[-1] == "the camera has hung in 2 starts in a row"
    pi.hang()
    assert pi.asked
    assert caplog.messages[-1].endswith("a reboot is asked for")


def test_never_is_the_default(pi):
    pi.up_s = 100 * HOUR_S
    pi.hang(50, reboot_after=0)
    assert not pi.asked


def test_frames_begin_the_count_anew(pi):
    pi.up_s = 2 * HOUR_S
    pi.hang(2)
    assert pi.count().hung
    pi.count().clear()
    assert not pi.count().hung
    pi.hang(2)
    assert not pi.asked
    pi.count().clear()
    pi.count().clear()  # nothing there to forget


def test_no_reboot_comes_soon_after_the_last(pi, caplog):
    """Whatever the wall clock says: a Pi has none at its start."""
    pi.up_s = HOUR_S - 1
    pi.hang(20)
    assert not pi.asked
    assert caplog.messages[-1].endswith(
        "20 starts in a row: no reboot before the system was up for 1 h"
    )
    pi.up_s = HOUR_S
    pi.hang()
    assert pi.asked


def test_reboots_that_do_not_help_grow_rare(pi):
    gaps_h = []
    for _ in range(7):
        while not pi.asked:
            pi.up_s += HOUR_S / 4
            pi.hang()
        gaps_h.append(pi.up_s / HOUR_S)
        pi.reboot()
    assert gaps_h == [1, 2, 4, 8, 16, 24, 24]
    pi.count().clear()
    pi.up_s = HOUR_S
    pi.hang(3)
    assert pi.asked


@pytest.mark.parametrize("content", [b"", b"{", b'{"ends": "many"}', b"[1]", b"\xff\xfe"])
def test_a_count_that_is_damaged_is_begun_anew(pi, caplog, content):
    pi.up_s = 2 * HOUR_S
    pi.state.mkdir()
    (pi.state / "stuck.json").write_bytes(content)
    pi.hang(2)
    assert not pi.asked
    assert "counted from 0" in caplog.messages[0]
    pi.hang()
    assert pi.asked


def test_what_cannot_be_counted_causes_no_reboot(pi, caplog):
    pi.up_s = 2 * HOUR_S
    pi.state.write_text("a file, where a folder should be")
    pi.hang(5)
    assert not pi.asked
    assert "stuck.json" in caplog.messages[-1]


def test_where_nobody_would_answer_that_is_said(pi, caplog):
    count = StuckCount(pi.state, None, reboot_after=1, uptime_s=lambda: 2 * HOUR_S)
    count.add()
    assert "cannot be asked for" in caplog.messages[-1]
    pi.runtime.rmdir()
    StuckCount(pi.state, pi.runtime, reboot_after=1, uptime_s=lambda: 3 * HOUR_S).add()
    assert "run/reboot: no such file or directory" in caplog.messages[-1]


def test_the_time_since_the_start_is_the_systems(tmp_path):
    with open("/proc/uptime", encoding="ascii") as file:
        up_s = float(file.read().split()[0])
    told_s = StuckCount(tmp_path, None, reboot_after=0)._uptime_s()
    assert up_s - 1 <= told_s <= up_s + 60


def test_a_count_that_was_made_huge_is_still_one(pi):
    pi.up_s = 100 * HOUR_S
    pi.state.mkdir()
    (pi.state / "stuck.json").write_text('{"ends": 2, "reboots": 99999}')
    pi.hang()
    assert pi.asked
