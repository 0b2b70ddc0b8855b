"""One release after another, and back where the new one is not well."""

from __future__ import annotations

from tests.virtual_pi.pi import Pi
from tests.virtual_pi.say import say
from tests.virtual_pi.test_service import read_demo


def version(pi: Pi) -> str:
    return pi.shell.must("mien --version").removeprefix("Mien ")


def releases(pi: Pi) -> list[str]:
    return sorted(pi.shell.must("ls /opt/mien/releases").splitlines())


def test_the_same_again_changes_nothing(pi):
    before, process = releases(pi), pi.show("MainPID")
    code, said, seconds = pi.install()
    say(f"{said}\nexit code {code} after {seconds:.0f} s")
    assert code == 0
    assert releases(pi) == before
    assert pi.show("MainPID") == process


def test_an_upgrade_and_a_failed_one(pi):
    read_demo(pi)
    pi.more_readings(1)
    before = version(pi)
    code, said, seconds = pi.install("next")
    say(f"$ next/systemd/install.sh\n{said}\nexit code {code} after {seconds:.0f} s")
    assert code == 0
    assert version(pi) == "0.9.1"
    assert pi.show("ActiveState") == "active"
    pi.more_readings(1)
    code, said, seconds = pi.install("broken")
    say(f"$ broken/systemd/install.sh\n{said}\nexit code {code} after {seconds:.0f} s")
    assert code == 1
    assert version(pi) == "0.9.1"
    assert pi.show("ActiveState") == "active"
    assert not [name for name in releases(pi) if name.startswith("0.9.2")]
    pi.more_readings(1)
    back = pi.shell.run("/mnt/next/systemd/install.sh --back --ready 300", 900)
    say(f"$ install.sh --back\n{back.text}")
    assert back.code == 0
    assert version(pi) == before
