"""Installed, Mien runs: it says so, reads, is hardened, and comes back whatever happens."""

from __future__ import annotations

import re

from tests.virtual_pi.pi import DEMO, SETTINGS, Pi
from tests.virtual_pi.say import say

UNITS = "mien.service mien-reboot.path mien-reboot.service"


def read_demo(pi: Pi, screen: str = "off") -> None:
    """Have the demo clip read, over and over; to draw it as well takes long, emulated."""
    pi.configure(source=DEMO, model="mien-nano", screen=screen)
    say(f"ready again, with the demo clip, after {pi.restart():.0f} s")


def test_without_a_camera_it_is_up_and_says_what_is_missing(pi):
    assert pi.show("ActiveState") == "active"
    said = pi.shell.must("systemctl status mien --no-pager --lines 0")
    say(f"$ systemctl status mien\n{said}")
    assert re.search(r'Status: ".*camera.*"', said)
    assert pi.show("NRestarts") == "0"


def test_the_demo_clip_is_read_and_shown(pi):
    read_demo(pi)
    readings = pi.more_readings(5)
    say("\n".join(pi.shell.must("tail -n 3 /var/log/mien/readings.jsonl").splitlines()))
    assert all(reading["emotion"] for reading in readings)
    assert all(abs(sum(r["probabilities"].values()) - 1) < 0.01 for r in readings)
    said = pi.shell.must("systemctl status mien --no-pager --lines 0")
    say(f"$ systemctl status mien\n{said}")
    assert re.search(r'Status: ".+"', said)


def test_the_command_mien_says_how_it_is(pi):
    read_demo(pi)
    pi.more_readings(2)
    told = {"status": "demo.mp4", "check": r"ok +model", "config": "mien-nano"}
    for command, wanted in told.items():
        done = pi.shell.run(f"mien {command}")
        say(f"$ mien {command}\n" + "\n".join(done.lines()[:12]))
        assert done.code == 0
        assert re.search(wanted, done.text)
    followed = pi.shell.run("timeout 40 mien tail")
    say(f"$ mien tail\n{followed.text}")
    assert len(followed.lines()) >= 3


def test_it_is_locked_in(pi):
    rated = pi.shell.must("systemd-analyze security mien --no-pager")
    verdict = rated.splitlines()[-1]
    say(f"$ systemd-analyze security mien\n{verdict}")
    exposure = re.search(r"(\d+\.\d+)", verdict)
    assert exposure is not None
    assert float(exposure[1]) <= 2.0
    verified = pi.shell.run(f"systemd-analyze verify {UNITS}")
    say(f"$ systemd-analyze verify …\n{verified.text or '(nothing to say)'}")
    assert (verified.code, verified.text) == (0, "")
    who = pi.shell.must("ps -o user=,args= -p $(systemctl show mien -p MainPID --value)")
    say(who)
    assert who.startswith("mien ")


def test_a_frozen_process_is_ended_and_started_anew(pi):
    read_demo(pi)
    since, before = pi.cursor(), pi.show("MainPID")
    pi.shell.must(f"kill -STOP {before}")
    pi.until_journal("[Ww]atchdog timeout", since, 120)
    pi.until_shown("NRestarts", {"1"}, 120)
    pi.until_shown("ActiveState", {"active"}, 300)
    assert pi.show("MainPID") != before
    assert pi.more_readings(1)
    say("\n".join(line for line in pi.journal(since) if "systemd" in line))


def test_wrong_settings_end_it_with_78_and_once_only(pi):
    since = pi.cursor()
    pi.shell.must(f"sed -i '1i nonsense = 1' {SETTINGS}")
    pi.shell.run("systemctl restart mien", 300)
    pi.until_shown("ActiveState", {"failed"}, 120)
    # Twice the pause before a new start; there must be none.
    pi.shell.must("sleep 7")
    worst = pi.shell.must("journalctl -u mien -p err -o cat --no-pager -q")
    assert "nonsense" in worst
    assert pi.show("ActiveState") == "failed"
    assert pi.show("ExecMainStatus") == "78"
    assert pi.show("NRestarts") == "0"
    say("\n".join(pi.journal(since)))


def test_thirty_failing_starts_are_not_the_end(pi):
    folder = "/run/systemd/system/mien.service.d"
    pi.shell.must(f"mkdir -p {folder}")
    pi.shell.put("[Service]\nExecStartPre=/bin/false\nRestartSec=100ms\n", f"{folder}/fails.conf")
    pi.shell.must("systemctl daemon-reload")
    pi.shell.run("systemctl restart mien")
    pi.shell.until("test $(systemctl show mien -p NRestarts --value) -ge 30", 300)
    say(f"NRestarts={pi.show('NRestarts')} Result={pi.show('Result')} {pi.show('SubState')}")
    assert pi.show("Result") != "start-limit-hit"
    pi.shell.must(f"rm -r {folder} && systemctl daemon-reload")
    pi.until_shown("ActiveState", {"active"}, 300)
    say("the cause gone, it came up by itself")
