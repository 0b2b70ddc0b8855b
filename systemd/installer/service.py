"""The service as systemd has it: units put in place, started, and asked whether it is well."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from installer.errors import InstallError, last_line
from installer.files import point, remove, write_whole
from installer.layout import UNIT_KINDS, UNITS, Layout

UNIT = "mien.service"
RUNNING = Path("/run/systemd/system")  # there where systemd is process 1


@dataclass(frozen=True)
class Patience:
    """How long a release may take to be ready, and how long it must then stay up."""

    ready_s: float = 200.0  # the unit's own limit is 180 s
    stay_s: float = 10.0


class Manager:
    """systemd, through its own programs. With ``--root`` nothing is asked.

    ``MIEN_SYSTEMCTL`` names a program to ask in place of ``systemctl``, also with ``--root``.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        given = os.environ.get("MIEN_SYSTEMCTL", "")
        found = shutil.which("systemctl") if layout.live else None
        self._program = given or found
        self.runs = bool(given) or (found is not None and RUNNING.is_dir())

    def place(self, release: Path) -> bool:
        """Put the release's units in place and remove those it no longer has.

        Return whether anything changed.
        """
        ours = units_of(release)
        changed = [write_whole(self._layout.units / unit.name, unit.read_bytes()) for unit in ours]
        gone = known_units(self._layout) - {unit.name for unit in ours}
        self._stop([name for name in gone if (self._layout.units / name).exists()])
        changed += [remove(self._layout.units / name) for name in gone]
        if any(changed) and self.runs:
            self._ask("daemon-reload")
        return any(changed)

    def enable(self, release: Path) -> None:
        """Let the units be started at boot. Works without a running systemd as well."""
        for unit in units_of(release):
            targets = re.findall(r"^WantedBy=(.*)$", unit.read_text(), flags=re.MULTILINE)
            if targets and self.runs:
                self._ask("enable", "--quiet", unit.name)
            elif targets:
                for target in " ".join(targets).split():
                    folder = self._layout.units / f"{target}.wants"
                    folder.mkdir(parents=True, exist_ok=True)
                    point(folder / unit.name, self._layout.units / unit.name)

    def restart(self, patience: Patience) -> None:
        """Start the service anew and see it stay up; raises InstallError where it does not."""
        self._ask("reset-failed", UNIT, may_fail=True)
        self._ask("restart", UNIT, limit_s=patience.ready_s)
        before = self._state()
        threading.Event().wait(patience.stay_s)
        after = self._state()
        if after.get("ActiveState") != "active" or after.get("MainPID") != before.get("MainPID"):
            raise InstallError(f"it did not stay up for {patience.stay_s:g} s")

    def is_active(self) -> bool:
        """Whether the service is up."""
        return self._state().get("ActiveState") == "active"

    def is_up_from(self, release: Path) -> bool:
        """Whether the service is up, and is the one in that folder, which it stands in."""
        state = self._state() if self.runs else {}
        place = Path("/proc", state.get("MainPID", "0"), "cwd")
        try:
            return state.get("ActiveState") == "active" and place.samefile(release)
        except OSError:  # there is no process
            return False

    def stop(self) -> None:
        """Stop the service and all that belongs to it, and let nothing start at boot."""
        self._stop([n for n in known_units(self._layout) if (self._layout.units / n).exists()])

    def _stop(self, names: list[str]) -> None:
        if self.runs and names:
            self._ask("stop", *sorted(names), may_fail=True)
            self._ask("disable", "--quiet", *sorted(names), may_fail=True)
        for name in names:
            for folder in self._layout.units.glob("*.wants"):
                remove(folder / name)

    def forget(self) -> None:
        """Remove the units; systemd reads anew what there is."""
        for name in known_units(self._layout):
            remove(self._layout.units / name)
            remove(self._layout.units / f".{name}.mien-part")
        if self.runs:
            self._ask("daemon-reload")
            self._ask("reset-failed", *sorted(known_units(self._layout)), may_fail=True)

    def journal(self) -> str:
        """Return the service's last lines in the journal."""
        if not self.runs or shutil.which("journalctl") is None:
            return ""
        command = ["journalctl", "--unit", UNIT, "--lines", "15", "--no-pager", "--output", "cat"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def _state(self) -> dict[str, str]:
        said = self._ask("show", UNIT, "--property", "ActiveState,MainPID")
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def _ask(self, *what: str, limit_s: float = 180.0, may_fail: bool = False) -> str:
        if self._program is None:
            raise InstallError("systemctl is missing")
        try:
            done = subprocess.run(
                [self._program, *what], capture_output=True, text=True, check=False, timeout=limit_s
            )
        except subprocess.TimeoutExpired:
            raise InstallError(
                f"systemctl {what[0]}: no answer within {limit_s:g} s; it is not ready"
            ) from None
        if done.returncode and not may_fail:
            raise InstallError(f"systemctl {what[0]} failed: {last_line(done.stderr)}")
        return done.stdout


def units_of(release: Path) -> list[Path]:
    """Return the unit files that a release brings."""
    return sorted(p for p in (release / "systemd").iterdir() if p.suffix in UNIT_KINDS)


def known_units(layout: Layout) -> set[str]:
    """Return the names of all units that any release here brought."""
    found = set(UNITS)
    if layout.releases.is_dir():
        for folder in layout.releases.glob("*/systemd"):
            found |= {path.name for path in folder.iterdir() if path.suffix in UNIT_KINDS}
    return found
