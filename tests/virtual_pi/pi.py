"""A virtual Pi on which Mien is installed, and what is asked of it in many scenarios."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from tests.virtual_pi.machine import Machine
from tests.virtual_pi.payload import MOUNTED
from tests.virtual_pi.say import say
from tests.virtual_pi.shell import Shell

LOG = "/var/log/mien/readings.jsonl"
SETTINGS = "/etc/mien/mien.toml"
DEMO = "/opt/mien/current/device/demo/demo.mp4"
# Under emulation all takes its time; a real Pi is asked for less.
READY_S = 300.0
READING_S = 180.0
_INSTALLED = "installed"
# What is in the root file system; not what programs write there while they run.
_FILES = (
    "find / -xdev -path /proc -prune -o -path /sys -prune -o -path /run -prune -o -path /dev -prune"
    " -o -path /tmp -prune -o -path /var/tmp -prune -o -path /var/log/journal -prune"
    " -o -path /root -prune -o -print"
)


@dataclass
class Pi:
    """The machine, with Mien on it.

    before: the paths that were there before it was installed.
    """

    machine: Machine
    before: set[str] = field(default_factory=set)

    @property
    def shell(self) -> Shell:
        """Commands in it, as root."""
        return self.machine.shell

    def install(self, release: str = "mien", limit_s: float = 1800.0) -> tuple[int, str, float]:
        """Run a release's install.sh; return its exit code, what it said, and the seconds."""
        started_s = time.monotonic()
        script = f"{MOUNTED}/{release}/systemd/install.sh"
        options = f"--wheelhouse {MOUNTED}/wheelhouse --ready {READY_S:g}"
        done = self.shell.run(f"{script} {options}", limit_s)
        return done.code, done.text, time.monotonic() - started_s

    def rewind(self) -> None:
        """Go back to the moment when Mien had just been installed."""
        self.machine.load(_INSTALLED)

    def keep(self) -> None:
        """Keep this moment; ``rewind`` comes back to it."""
        self.shell.must("sync")
        self.shell.close()
        self.machine.save(_INSTALLED)

    def configure(self, **settings: object) -> None:
        """Change settings that stand at the beginning of the settings file."""
        for name, value in settings.items():
            line = f"{name} = {json.dumps(value)}"
            self.shell.must(f"grep -q '^{name} = ' {SETTINGS}")
            self.shell.must(f"sed -i '0,/^{name} = .*/s||{line}|' {SETTINGS}")

    def restart(self) -> float:
        """Start the service anew, until it says that it is ready; return the seconds."""
        started_s = time.monotonic()
        self.shell.must("systemctl restart mien", READY_S)
        return time.monotonic() - started_s

    def show(self, name: str) -> str:
        """Return a property of the service, such as ``StatusText``."""
        return self.shell.must(f"systemctl show mien --property {name} --value")

    def until_shown(self, name: str, values: set[str], limit_s: float) -> str:
        """Wait until a property of the service is one of ``values``; return it."""
        wanted = "|".join(values)
        command = f"systemctl show mien -p {name} --value | grep -xE '{wanted}'"
        return self.shell.until(command, limit_s)

    def journal(self, since: str = "") -> list[str]:
        """Return the service's lines in the journal, after ``since``, a cursor."""
        after = f"--after-cursor '{since}'" if since else ""
        command = f"journalctl -u mien -o short-monotonic --no-hostname --no-pager -q {after}"
        return self.shell.must(command).splitlines()

    def cursor(self) -> str:
        """Return the journal's end, to see later what came after it."""
        last = self.shell.must("journalctl -n 1 --show-cursor --no-pager -q").splitlines()[-1]
        return last.partition("cursor: ")[2]

    def until_journal(self, pattern: str, since: str, limit_s: float) -> str:
        """Wait for a line of the service's journal that matches; return it."""
        grep = f"grep -E -- '{pattern}'"
        after = f"--after-cursor '{since}'"
        return self.shell.until(
            f"journalctl -u mien -o short-monotonic --no-hostname -q {after} | {grep}", limit_s
        )

    def lines(self) -> int:
        """Return how many lines the log has."""
        return int(self.shell.must(f"cat {LOG} 2>/dev/null | wc -l"))

    def more_readings(self, wanted: int, limit_s: float = READING_S) -> list[dict[str, Any]]:
        """Wait for that many further lines of the log, and return them."""
        have = self.lines()
        enough = f"test $(cat {LOG} 2>/dev/null | wc -l) -ge {have + wanted}"
        self.shell.until(enough, limit_s)
        new = self.shell.must(f"tail -n +{have + 1} {LOG}").splitlines()
        return [json.loads(line) for line in new]

    def files(self) -> set[str]:
        """Return the paths that are there, but for those that come and go."""
        return set(self.shell.must(_FILES).splitlines())


def first_start(machine: Machine) -> Pi:
    """Start a machine for the first time, install Mien on it, and keep that moment."""
    pi = Pi(machine)
    say(f"a bare Debian answers after {machine.start():.0f} s")
    pi.shell.must(f"mount -o ro /dev/vdb {MOUNTED}")
    pi.before = pi.files()
    code, said, seconds = pi.install()
    say(f"$ systemd/install.sh --wheelhouse {MOUNTED}/wheelhouse\n{said}")
    say(f"exit code {code} after {seconds:.0f} s, emulated")
    assert code == 0
    pi.keep()
    return pi
