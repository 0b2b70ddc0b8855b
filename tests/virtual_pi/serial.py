"""The serial port of a virtual machine: all that it prints, and waiting for a line of it."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from pathlib import Path


class Serial:
    """Reads a serial port from a Unix socket, in a thread of its own, until it is closed.

    path: the socket; QEMU listens there.
    log: the file that everything read is added to.
    """

    def __init__(self, path: Path, log: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._log = log.open("ab", buffering=0)
        self._text = ""
        self._seen = 0  # what was waited for stands before this
        self._ended = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="serial", daemon=True)
        self._thread.start()

    def wait_for(self, pattern: str, limit_s: float) -> re.Match[str]:
        """Wait until the port prints what matches, after what was waited for before.

        Raises TimeoutError, with the last lines, where it does not within ``limit_s``; and at
        once where the machine ends.
        """
        until_s = time.monotonic() + limit_s
        with self._news:
            while (found := re.compile(pattern).search(self._text, self._seen)) is None:
                left_s = until_s - time.monotonic()
                if left_s <= 0 or self._ended:
                    why = "the machine ended" if self._ended else f"not within {limit_s:g} s"
                    raise TimeoutError(f"serial port: no {pattern!r}: {why}; last:\n{self.tail()}")
                self._news.wait(left_s)
            self._seen = found.end()
            return found

    def send(self, text: str) -> None:
        """Type ``text``."""
        self._socket.sendall(text.encode())

    def tail(self, lines: int = 15) -> str:
        """Return the last lines."""
        return "\n".join(self._text.splitlines()[-lines:])

    def close(self) -> None:
        """Read no more."""
        with contextlib.suppress(OSError):  # the machine was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()
        self._log.close()

    def _read(self) -> None:
        while piece := self._receive():
            self._log.write(piece)
            with self._news:
                self._text += piece.decode(errors="replace").replace("\r", "")
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except ConnectionError:
            return b""
