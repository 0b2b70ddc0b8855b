"""A camera is found when it is plugged in, lost when it is pulled out, and found again."""

from __future__ import annotations

from tests.virtual_pi.camera import Camera
from tests.virtual_pi.say import say

FOUND = "there again|reading webcam"
LOST = "looked for again and again"


def test_a_camera_comes_goes_and_comes_again(pi):
    camera = Camera(pi.shell)
    pi.configure(model="mien-nano", screen="off")
    say(f"ready, without a camera, after {pi.restart():.0f} s: {pi.show('StatusText')}")
    process, since = pi.show("MainPID"), pi.cursor()
    camera.plug_in()
    readings = pi.more_readings(3)
    say(f"plugged in: {[reading['emotion'] for reading in readings]}: {pi.show('StatusText')}")
    camera.pull_out()
    pi.until_journal(LOST, since, 60)
    said = pi.shell.until("systemctl show mien -p StatusText | grep -i 'looking again'", 60)
    say(f"pulled out: {said}")
    have = pi.lines()
    pi.shell.must("sleep 5")
    assert pi.lines() == have
    assert pi.show("ActiveState") == "active"
    after = pi.cursor()
    camera.plug_in()
    pi.until_journal(FOUND, after, 120)
    readings = pi.more_readings(3)
    say(f"plugged in again: {[reading['emotion'] for reading in readings]}")
    said = pi.journal(since)
    say("\n".join(said))
    assert pi.show("MainPID") == process  # without a new start
    assert any("webcam" in line for line in said)
