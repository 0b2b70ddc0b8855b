"""QEMU's own control of a virtual machine (QMP): its power button, its screen, its devices."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


class MonitorError(RuntimeError):
    """QEMU did not do what it was told."""


class Monitor:
    """Talks to QEMU over a Unix socket.

    path: the socket; QEMU listens there.
    limit_s: how long an answer may take.
    """

    def __init__(self, path: Path, limit_s: float = 180.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(limit_s)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._next()  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: object) -> Any:
        """Give one command of QMP, and return its answer; raises MonitorError."""
        message = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(message).encode() + b"\n")
        while True:
            answer = self._next()
            if "error" in answer:
                raise MonitorError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def screen(self, path: Path) -> None:
        """Save what the machine's screen shows as a PNG."""
        self.ask("screendump", filename=str(path), format="png")

    def close(self) -> None:
        """Let go of QEMU."""
        self._lines.close()
        self._socket.close()

    def _next(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise MonitorError("QEMU is gone")
        message: dict[str, Any] = json.loads(line)
        return message
