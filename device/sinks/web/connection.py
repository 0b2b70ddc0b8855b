"""One visitor's connection: how many there are, and how long each may keep us waiting."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

from device.sinks.web.limits import Limits

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

# So many beyond the limit are told to come back; further ones are dropped at once.
_TOLD = 32
_BUSY = b'{"error": "too many visitors at once: try again in some seconds"}'


class Connection(H11Protocol):
    """uvicorn's connection, which by itself waits for ever for a request or a reader."""

    limits = Limits()
    _request_timer: asyncio.TimerHandle | None = None
    _reader_timer: asyncio.TimerHandle | None = None
    _unread_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the visitor in, if there is room."""
        super().connection_made(transport)
        _drop_if_dead(transport, self.limits.reader_s)
        there = len(self.connections)
        if there > self.limits.clients:
            self.app = too_many
        if there > self.limits.clients + _TOLD:
            transport.abort()
            return
        self._watch_request()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        self._watch_request()

    def on_response_complete(self) -> None:
        """Wait for the next request, for a while."""
        super().on_response_complete()
        self._watch_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the visitor."""
        for timer in (self._request_timer, self._reader_timer):
            if timer is not None:
                timer.cancel()
        self._request_timer = self._reader_timer = None
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def pause_writing(self) -> None:
        """The visitor reads more slowly than we send: see how slowly."""
        super().pause_writing()
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._watch_reader()

    def resume_writing(self) -> None:
        """The visitor has read nearly all."""
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def _watch_request(self) -> None:
        """Have the time of a request that is awaited run, and of one that is there stand."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None
        elif not answering and self._request_timer is None:
            self._unread_bytes = self.transport.get_write_buffer_size()
            self._request_timer = self.loop.call_later(self.limits.request_s, self._no_request)

    def _no_request(self) -> None:
        """No request has come, or its rest has not; the last answer may still be under way."""
        self._request_timer = None
        if self._reads():
            self._request_timer = self.loop.call_later(self.limits.request_s, self._no_request)
        else:
            self.transport.abort()

    def _watch_reader(self) -> None:
        self._reader_timer = self.loop.call_later(self.limits.reader_s, self._no_reader)

    def _no_reader(self) -> None:
        self._reader_timer = None
        if self._reads():
            self._watch_reader()
        else:
            self.transport.abort()

    def _reads(self) -> bool:
        """Tell whether the visitor has read enough of what is unread since this was asked last."""
        before_bytes, left_bytes = self._unread_bytes, self.transport.get_write_buffer_size()
        self._unread_bytes = left_bytes
        return 0 < left_bytes <= before_bytes - self.limits.least_bytes


def connection_class(limits: Limits) -> type[Connection]:
    """Return the class of connections with ``limits``."""

    class Limited(Connection):
        pass

    Limited.limits = limits
    return Limited


def _drop_if_dead(transport: asyncio.Transport, limit_s: float) -> None:
    """Have the kernel give up a visitor who has gone without a word."""
    there: socket.socket | None = transport.get_extra_info("socket")
    if there is not None:
        milliseconds = round(1000 * limit_s)
        there.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


async def too_many(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer that there is no room."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BUSY)).encode()),
        (b"retry-after", b"5"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BUSY, "more_body": False})
