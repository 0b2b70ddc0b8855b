"""The service, as systemd knows it."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

NAME = "mien.service"
_BOOTED = Path("/run/systemd/system")
_LIMIT_S = 10.0
_PROPERTIES = (
    "LoadState", "UnitFileState", "ActiveState", "SubState", "StatusText", "Result", "MainPID",
    "NRestarts", "ExecMainCode", "ExecMainStatus", "InactiveExitTimestampMonotonic",
    "User", "ExecStart",
)  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """The service at one moment.

    there: whether it is installed.
    enabled: whether it starts with the machine.
    active, sub: what systemd calls its state.
    text: what it says of itself; "" for nothing.
    result: "success", or why it ended: "exit-code", "watchdog", "oom-kill", ...
    code: what its last process ended with, an exit code or a signal's number.
    pid: its main process; 0 for none.
    restarts: how often systemd has started it again.
    for_s: since when it is up, in seconds.
    user: as whom it runs; "" for root.
    config: its settings file; None where none is given.
    """

    there: bool
    enabled: bool
    active: str
    sub: str
    text: str
    result: str
    code: int
    pid: int
    restarts: int
    for_s: float
    user: str = ""
    config: Path | None = None

    @property
    def runs(self) -> bool:
        """Whether it is up; one that still starts is not, as for ``systemctl is-active``."""
        return self.active in ("active", "reloading")


def read_unit(booted: Path = _BOOTED) -> Unit | None:
    """Ask systemd for the service; None where there is no systemd, or it does not answer.

    booted: the folder that is there where systemd is what the machine runs on.
    """
    if not booted.is_dir():
        return None
    try:
        done = subprocess.run(
            ["systemctl", "show", NAME, f"--property={','.join(_PROPERTIES)}"],
            capture_output=True, text=True, timeout=_LIMIT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    began_us = _number(told.get("InactiveExitTimestampMonotonic", ""))
    return Unit(
        there=told.get("LoadState") == "loaded",
        enabled=told.get("UnitFileState", "").startswith("enabled"),
        active=told.get("ActiveState", ""),
        sub=told.get("SubState", ""),
        text=told.get("StatusText", ""),
        result=told.get("Result", ""),
        code=_number(told.get("ExecMainStatus", "")),
        pid=_number(told.get("MainPID", "")),
        restarts=_number(told.get("NRestarts", "")),
        for_s=max(0.0, time.clock_gettime(time.CLOCK_MONOTONIC) - began_us / 1e6),
        user=told.get("User", ""),
        config=_config(told.get("ExecStart", "")),
    )


def _config(command: str) -> Path | None:
    """Return the settings file that ``command`` names, as systemctl shows it."""
    found = re.search(r" --config (\S+)", command)
    return Path(found[1]) if found else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
