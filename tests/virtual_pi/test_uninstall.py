"""Taken away, nothing of Mien is left but what its user made; with --purge not that either."""

from __future__ import annotations

import re

from tests.virtual_pi.pi import SETTINGS
from tests.virtual_pi.say import say
from tests.virtual_pi.test_service import read_demo

# What the system itself writes while it runs, Mien or not: accounts keep a copy of the file
# before, systemd what it remembers of timers, clock and seed.
SYSTEM = re.compile(
    r"/etc/(passwd|shadow|group|gshadow|subuid|subgid)-|/etc/\.pwd\.lock"
    r"|/var/(lib/systemd|lib/private|cache|log/private|lib/dbus|log/(wtmp|btmp|lastlog|journal))\b.*"
)
KEPT = ("/etc/mien", "/var/lib/mien", "/var/log/mien")


def test_nothing_is_left(pi):
    read_demo(pi)
    pi.more_readings(1)
    said = pi.shell.must("/mnt/mien/systemd/uninstall.sh")
    say(f"$ uninstall.sh\n{said}")
    left = {path for path in pi.files() - pi.before if not SYSTEM.fullmatch(path)}
    others = sorted(path for path in left if not path.startswith(KEPT))
    say("left, and not the user's: " + (", ".join(others) or "nothing"))
    assert not others
    assert SETTINGS in left
    assert pi.shell.run("systemctl status mien").code == 4  # no such unit
    assert not pi.shell.run("pgrep -u mien").text
    said = pi.shell.must("/mnt/mien/systemd/uninstall.sh --purge")
    say(f"$ uninstall.sh --purge\n{said}")
    left = {path for path in pi.files() - pi.before if not SYSTEM.fullmatch(path)}
    say("left: " + (", ".join(sorted(left)) or "nothing"))
    assert not left
    assert pi.shell.run("getent passwd mien || getent group mien").code != 0
