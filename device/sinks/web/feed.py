"""Answers that go on: a channel's parts, as long as somebody takes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from device.sinks.web.channel import Channel
from device.sinks.web.refusal import busy

# Whether somebody is still logged in is looked at so often, at least.
_ALIVE_EVERY_S = 2.0


class Places:
    """How many long answers there may be at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @contextlib.contextmanager
    def take(self) -> Iterator[None]:
        """Have a place within the block. Raises Refusal where all are taken."""
        if self.taken >= self._most:
            raise busy("too many look on at once: try again in some seconds")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class Feed(Response):
    """Sends the newest parts of ``channel``; a slow reader misses those in between.

    allowed: asked before each part; where it is False the answer ends.
    opening: sent first.
    alive: sent where nothing else was for some seconds.
    """

    def __init__(
        self,
        channel: Channel,
        places: Places,
        allowed: Callable[[], bool],
        *,
        media_type: str,
        opening: bytes,
    ) -> None:
        super().__init__(media_type=None)
        self.raw_headers = [
            (b"content-type", media_type.encode("ascii")),
            (b"x-accel-buffering", b"no"),  # a proxy would wait for the end
        ]
        self._channel = channel
        self._places = places
        self._allowed = allowed
        self._opening = opening
        self.alive = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with self._places.take():
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            if scope["method"] == "HEAD":
                await send(start)
                await send({"type": "http.response.body", "body": b""})
                return
            with self._channel.joined():
                await send(start)
                await _while_there(self._feed(send), receive)

    async def _feed(self, send: Send) -> None:
        parts, number = [self._opening], 0
        while self._allowed() and not self._channel.closed:
            body = b"".join(parts) or self.alive
            await send({"type": "http.response.body", "body": body, "more_body": True})
            number, parts = await self._channel.after(number, _ALIVE_EVERY_S)
        await send({"type": "http.response.body", "body": b""})


async def _while_there(feeding: Coroutine[None, None, None], receive: Receive) -> None:
    """Do ``feeding`` until it ends or the visitor goes."""
    async with asyncio.TaskGroup() as group:
        feed = group.create_task(feeding)
        gone = group.create_task(_gone(receive))
        await asyncio.wait({feed, gone}, return_when=asyncio.FIRST_COMPLETED)
        feed.cancel()
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
