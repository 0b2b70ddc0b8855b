"""The server: puts the page together and runs it, in the thread that calls it."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn import Server as Uvicorn

from device.config import PageSettings
from device.costs import Costs
from device.machine import Condition
from device.records import UNCERTAIN
from device.sessions import Sessions
from device.sinks.web.about import About
from device.sinks.web.api import Api
from device.sinks.web.auth import Auth
from device.sinks.web.connection import connection_class
from device.sinks.web.events import events_channel
from device.sinks.web.feed import Places
from device.sinks.web.guard import Guard
from device.sinks.web.hosts import Names
from device.sinks.web.limits import Limits
from device.sinks.web.metrics import Metrics
from device.sinks.web.pages import Pages
from device.sinks.web.parts import Parts
from device.sinks.web.passwords import PasswordHash
from device.sinks.web.present import Present
from device.sinks.web.routes import build_router
from device.sinks.web.site import Site
from device.sinks.web.stream import Pictures
from device.sinks.web.work import Work

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Given:
    """What the page shows, and to whom."""

    settings: PageSettings
    present: Present
    sessions: Sessions
    costs: Costs
    about: About
    limits: Limits
    password_hash: PasswordHash | None


def serve(
    given: Given,
    listening: socket.socket,
    closing: threading.Event,
    turn: Callable[[], None],
) -> None:
    """Answer requests until ``closing`` is set. Raises whatever ends it before.

    turn: called ten times a second, while the server moves.
    """
    work = Work()
    try:
        parts = build_parts(given, work)
        server = Server(parts, given, closing, turn)
        server.run(sockets=[listening])
    finally:
        work.close()


def build_parts(given: Given, work: Work) -> Parts:
    """Put together what answers requests."""
    settings, present, sessions = given.settings, given.present, given.sessions
    emotions = sessions.current().everybody.seconds
    labels = [name for name in emotions if name != UNCERTAIN]
    return Parts(
        about=given.about,
        auth=Auth(given.password_hash, work),
        condition=Condition(),
        costs=given.costs,
        events=events_channel(present, sessions, work),
        limits=given.limits,
        pages=Pages(labels, given.about.version),
        pictures=Pictures(present, work, rate_hz=settings.rate_hz, quality=settings.quality),
        places=Places(given.limits.long_lived),
        present=present,
        sessions=sessions,
        work=work,
    )


class Server(Uvicorn):
    """uvicorn, which looks ten times a second whether it is to end.

    Off the main thread it touches no signal handler.
    """

    def __init__(
        self, parts: Parts, given: Given, closing: threading.Event, turn: Callable[[], None]
    ) -> None:
        self._turn = turn
        self._parts = parts
        self._closing = closing
        self.servers: list[asyncio.Server] = []
        super().__init__(_config(self._app(parts, given), given.limits))

    def _app(self, parts: Parts, given: Given) -> Guard:
        metrics = Metrics(parts, lambda: len(self.server_state.connections))
        router = build_router(parts, Api(parts), Site(parts, metrics))

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["app"] = app  # what is not found is an error that the guard answers
            await router(scope, receive, send)

        return Guard(app, parts.auth, Names(given.settings.names), given.limits)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end."""
        self._turn()
        if counter == 0:
            asyncio.get_running_loop().set_exception_handler(_tell)
        return await super().on_tick(counter) or self._closing.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let those go who listen, and wait a moment for the others."""
        self._parts.close()
        await super().shutdown(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until the end; then drop, with force, whoever does not read."""
        try:
            await super().serve(sockets)
        finally:
            for listening in self.servers:
                listening.close()
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)


def _config(app: Guard, limits: Limits) -> Config:
    return Config(
        app,
        loop="asyncio",
        http=connection_class(limits),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level=logging.CRITICAL,  # what is wrong with a request is told by its answer
        access_log=False,
        proxy_headers=False,  # anybody could claim any address
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=limits.head_bytes,
    )


def _tell(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what nobody waits for: a visitor who went in the middle of something."""
    _log.debug("web page: %s: %r", context.get("message"), context.get("exception"))
