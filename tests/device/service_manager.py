"""What stands in for systemd: a real datagram socket that a program reports to."""

from __future__ import annotations

import queue
import socket
import threading
from pathlib import Path
from typing import Self

# Only a broken program is ever waited for so long.
PATIENCE_S = 30.0
_MARK, _END = "here", "end"


class ServiceManager:
    """Listens at ``address`` for what programs say of themselves, as systemd does: at once."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._name = f"\0{address[1:]}" if address.startswith("@") else address
        self._messages: queue.Queue[str] = queue.Queue()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._name)
        # The kernel keeps ten datagrams or so; who sends more has to wait.
        self._thread = threading.Thread(target=self._listen, name="service manager")
        self._thread.start()

    @classmethod
    def in_folder(cls, folder: Path) -> ServiceManager:
        return cls(str(folder / "notify"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._send(_END)
        self._thread.join(PATIENCE_S)
        self._socket.close()

    def next(self) -> str:
        """Wait for the next message."""
        return self._messages.get(timeout=PATIENCE_S)

    def until(self, beginning: str) -> list[str]:
        """Return all messages up to the first that begins so."""
        messages = [self.next()]
        while not messages[-1].startswith(beginning):
            messages.append(self.next())
        return messages

    def waiting(self) -> list[str]:
        """Return the messages that were sent by now."""
        self._send(_MARK)
        return self.until(_MARK)[:-1]

    def silent(self, for_s: float) -> bool:
        """Wait, up to ``for_s`` seconds, for a message; tell whether none came."""
        try:
            self._messages.get(timeout=for_s)
        except queue.Empty:
            return True
        return False

    def _send(self, message: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            sending.sendto(message.encode(), self._name)

    def _listen(self) -> None:
        while (message := self._socket.recv(65536).decode()) != _END:
            self._messages.put(message)
