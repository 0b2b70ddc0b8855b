"""What changes, as server-sent events: encoded once for all who listen."""

from __future__ import annotations

import asyncio
import time

import msgspec

from device.sessions import Sessions
from device.sinks.web.answers import SessionNow, now_of, session_now
from device.sinks.web.channel import Channel
from device.sinks.web.present import NO_PICTURE_AFTER_S, Present
from device.sinks.web.work import Work

MEDIA_TYPE = "text/event-stream; charset=utf-8"
OPENING = b"retry: 3000\n\n"
ALIVE = b": still here\n\n"
_NOW_EVERY_S = 0.2
_SESSION_EVERY_S = 2.0


def events_channel(present: Present, sessions: Sessions, work: Work) -> Channel:
    """Return the channel of the events ``now`` and ``session``."""

    async def make_now(channel: Channel) -> None:
        while True:
            began_s = time.monotonic()
            now, number = now_of(present), present.frames
            channel.publish("now", event("now", now))
            seen = await present.newer(number, NO_PICTURE_AFTER_S)
            while seen is None and now.state == "no_picture":
                seen = await present.newer(number, NO_PICTURE_AFTER_S)
            await asyncio.sleep(max(0.0, began_s + _NOW_EVERY_S - time.monotonic()))

    async def make_session(channel: Channel) -> None:
        while True:
            channel.publish("session", event("session", await work.do(_session, sessions)))
            await asyncio.sleep(_SESSION_EVERY_S)

    async def make(channel: Channel) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(make_now(channel))
            both.create_task(make_session(channel))

    return Channel("events", make)


def event(name: str, content: msgspec.Struct) -> bytes:
    """Return an event of ``name`` with ``content`` as JSON."""
    return b"event: %s\ndata: %s\n\n" % (name.encode("ascii"), msgspec.json.encode(content))


def _session(sessions: Sessions) -> SessionNow:
    return session_now(sessions.current())
