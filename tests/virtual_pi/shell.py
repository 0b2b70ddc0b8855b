"""Commands inside a virtual machine, by SSH on this machine's loopback."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A command with no limit of its own; under emulation Python alone takes seconds to start.
LIMIT_S = 120.0
# On a connection of its own.
_ALONE = ("-o", "ControlPath=none", "-o", "ControlMaster=no")


@dataclass(frozen=True)
class Result:
    """What a command printed (errors too) and its exit code."""

    code: int
    text: str

    def lines(self) -> list[str]:
        """Return what was printed, by lines."""
        return self.text.splitlines()


class CommandError(AssertionError):
    """A command failed that must not."""


class Shell:
    """Runs commands as root, or as who is given.

    port: where on 127.0.0.1 the machine's SSH answers.
    key: the private key.
    folder: where the shared connection's socket lies; its path must be short.
    """

    def __init__(self, port: int, key: Path, folder: Path, user: str = "root") -> None:
        self._port = port
        self._target = f"{user}@127.0.0.1"
        self._options = [
            *("-p", str(port), "-i", str(key), "-F", "none"),
            *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            *("-o", f"ControlPath={folder}/ssh", "-o", "ControlMaster=auto"),
            *("-o", "ControlPersist=yes", "-o", "ConnectTimeout=60"),
        ]

    def wait(self, limit_s: float) -> None:
        """Wait until SSH answers; raises TimeoutError."""
        until_s = time.monotonic() + limit_s
        again = threading.Event()
        while not self._answers():
            if time.monotonic() > until_s:
                raise TimeoutError(f"SSH does not answer within {limit_s:g} s")
            again.wait(0.5)

    def run(self, command: str, limit_s: float = LIMIT_S, given: bytes = b"") -> Result:
        """Run a command, with ``given`` as its input, and return what came of it.

        Raises TimeoutError where it is not done within ``limit_s``.
        """
        try:
            done = subprocess.run(
                [*self._ssh(), command],
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            text = (error.stdout or b"").decode(errors="replace")
            raise TimeoutError(f"not done within {limit_s:g} s: {command}\n{text}") from error
        return Result(done.returncode, done.stdout.decode(errors="replace").rstrip("\n"))

    def must(self, command: str, limit_s: float = LIMIT_S, given: bytes = b"") -> str:
        """Run a command that must succeed, and return what it printed; raises CommandError."""
        result = self.run(command, limit_s, given)
        if result.code:
            raise CommandError(f"exit code {result.code}: {command}\n{result.text}")
        return result.text

    def until(self, command: str, limit_s: float, pause_s: float = 1.0) -> str:
        """Run a command again and again until it succeeds; return what it printed then.

        Raises CommandError where it does not within ``limit_s``.
        """
        until_s = time.monotonic() + limit_s
        again = threading.Event()
        while (result := self.run(command)).code:
            if time.monotonic() > until_s:
                raise CommandError(f"not within {limit_s:g} s: {command}\n{result.text}")
            again.wait(pause_s)
        return result.text

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start a command, on a connection of its own, and return its process here."""
        return subprocess.Popen(
            ["ssh", *_ALONE, *self._ssh()[1:], command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    @contextmanager
    def lend(self, port: int) -> Iterator[None]:
        """Within the block the machine's own loopback leads, at ``port``, to this machine's."""
        way = ["-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{port}:127.0.0.1:{port}"]
        with subprocess.Popen(
            ["ssh", *_ALONE, *way, *self._ssh()[1:]], stdin=subprocess.DEVNULL
        ) as process:
            try:
                self.until(f"ss -Hltn sport = :{port} | grep -q .", LIMIT_S)
                yield
            finally:
                process.terminate()

    def put(self, content: str | bytes, path: str) -> None:
        """Write a file in the machine."""
        given = content.encode() if isinstance(content, str) else content
        self.must(f"cat > '{path}'", given=given)

    def get(self, path: str) -> bytes:
        """Return a file of the machine."""
        command = [*self._ssh(), f"cat '{path}'"]
        return subprocess.run(command, stdout=subprocess.PIPE, timeout=LIMIT_S, check=True).stdout

    def close(self) -> None:
        """End the shared connection."""
        subprocess.run(
            [*self._ssh()[:-1], "-O", "exit", self._target],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )

    def _ssh(self) -> list[str]:
        return ["ssh", *self._options, self._target]

    def _answers(self) -> bool:
        """Tell whether sshd is there. QEMU takes the connection before anybody inside does."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
