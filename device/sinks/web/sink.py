"""The web page as a sink: a server in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from device.config import PageSettings
from device.costs import Costs
from device.errors import SinkError
from device.records import Frame, Reading
from device.sinks.base import Sink
from device.sinks.web.about import About
from device.sinks.web.hosts import Listener, is_loopback
from device.sinks.web.limits import Limits
from device.sinks.web.password_file import PasswordFile
from device.sinks.web.passwords import PasswordHash, hash_password, make_password
from device.sinks.web.present import Present

if TYPE_CHECKING:
    from device.sessions import Sessions

_log = logging.getLogger(__name__)


class Web(Sink):
    """Serves the page from a thread; readings are put where it looks.

    A port that is taken, or a server that fails, is a warning: the reading goes on.

    state: the folder where a password that was made up is kept, hashed; None for nowhere.
    limits: what is taken from visitors; the settings' number of clients by default.

    password: the password, where it was made up at this start; else None.

    Raises ConfigError where the password's hash in the settings is none.
    """

    name = "web"

    def __init__(
        self,
        settings: PageSettings,
        sessions: Sessions,
        costs: Costs,
        about: About,
        *,
        state: Path | None,
        limits: Limits | None = None,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._costs = costs
        self._about = about
        self._limits = limits or Limits(clients=settings.clients)
        self._file = PasswordFile(state) if state is not None else None
        self._present = Present()
        # Whether the password was lost: then one is asked for even on this machine alone.
        self._lost = False
        self._hash = self._find_hash()
        unlocked = self._hash is None and (self._lost or not is_loopback(settings.host))
        self.password = make_password() if unlocked else None
        self._closing = threading.Event()
        self._turn = 0
        self._listener = Listener(settings.host, settings.port)
        self._thread = threading.Thread(target=self._run, name="web page", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where a browser finds the page."""
        return self._listener.url

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Show what was seen."""
        self._present.put(frame, readings)

    def write(self, readings: Sequence[Reading]) -> None:
        """Count the readings."""
        self._present.count(readings)

    def pulse(self) -> object:
        """Return how often the server has looked around; None where it does not serve."""
        return self._turn if self._turn and self._thread.is_alive() else None

    def close(self) -> None:
        """End the server; wait for its thread, for a while."""
        self._closing.set()
        self._thread.join(self._limits.join_s)
        if self._thread.is_alive():
            _log.warning("web page: still busy %g s after closing", self._limits.join_s)
        self._listener.close()

    def _find_hash(self) -> PasswordHash | None:
        """Return the hash to ask for: the settings', the owner's, or one made up before.

        One that was made up is asked for only where others than this machine can come.
        """
        if self._settings.password_hash:
            return PasswordHash(self._settings.password_hash)
        try:
            kept = self._file.read() if self._file else None
        except SinkError as error:
            _log.warning("%s: a new password is made", error)
            self._lost = True
            return None
        if kept is None:
            return None
        password_hash, given = kept
        return None if is_loopback(self._settings.host) and not given else password_hash

    def _run(self) -> None:
        """Serve until closed; the thread's own."""
        try:
            listening = self._listener.wait(self._closing)
            if listening is None:
                return
            self._tell()
            # Here, so that the reading need not wait for it.
            from device.sinks.web.server import Given, serve

            password_hash = hash_password(self.password) if self.password else self._hash
            if self.password and password_hash:
                self._keep(password_hash)
            given = Given(
                self._settings, self._present, self._sessions, self._costs, self._about,
                self._limits, password_hash,
            )  # fmt: skip
            serve(given, listening, self._closing, self._go_round)
        except Exception as error:
            text = " ".join(str(error).split())
            _log.warning("the web page has ended: %s: %s", type(error).__name__, text)
        finally:
            self._listener.close()

    def _go_round(self) -> None:
        self._turn += 1

    def _tell(self) -> None:
        password = f", password: {self.password}" if self.password else ""
        _log.info("web page: %s%s", self.url, password)

    def _keep(self, password_hash: PasswordHash) -> None:
        if self._file is None:
            return
        try:
            self._file.write(password_hash, given=self._lost)
        except SinkError as error:
            _log.warning("%s: the password is for this run alone", error)
