"""What the service manager is told: systemd's protocol of datagrams, see sd_notify(3)."""

from __future__ import annotations

import logging
import os
import socket

from device.closing import Closing
from device.errors import why

_log = logging.getLogger(__name__)

# A manager whose queue is full must not hold up the reading.
_SEND_S = 0.5


class Notify(Closing):
    """Tells the service manager how the program fares; nobody where there is none.

    address: of its socket, as in ``$NOTIFY_SOCKET``: a path, or "@" and an abstract name; ""
        where the program is no service.

    there: whether there is a service manager.

    What cannot be sent is a warning, once: the reading goes on.
    """

    def __init__(self, address: str = "") -> None:
        self.there = bool(address)
        # The kernel writes an abstract name with a NUL in place of the "@".
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket: socket.socket | None = None
        self._told = False
        self._status = ""

    @classmethod
    def from_environment(cls) -> Notify:
        """Return what tells the service manager that started this program, if one did."""
        return cls(os.environ.get("NOTIFY_SOCKET", ""))

    def ready(self) -> None:
        """Say that the program is up."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """Say in words what the program does, for ``systemctl status``."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={' '.join(text.split())}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the program is about to end."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if not self.there:
            return
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.settimeout(_SEND_S)
            self._socket.sendto(message.encode(errors="replace"), self._address)
        except (OSError, ValueError) as error:  # the latter for an address with a NUL in it
            if not self._told:
                self._told = True
                name = self._address.replace("\0", "@", 1)
                _log.warning("the service manager at %s cannot be told: %s", name, why(error))
