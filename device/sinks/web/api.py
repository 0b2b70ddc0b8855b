"""The JSON API: sessions, history, the device."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from device.aside import last_lines_of, put_aside
from device.machine import (
    TAIL_BYTES,
    file_bytes,
    free_bytes,
    last_lines,
    machine_name,
    memory_bytes,
    system_name,
)
from device.report.export import session_csv, slot_dict, summary_dict
from device.report.plots import profile_svg, timeline_svg
from device.sessions import UnknownSessionError
from device.sinks.web.answers import (
    By,
    Device,
    Health,
    LogFile,
    LogLines,
    Named,
    NewSession,
    Stage,
    now_of,
)
from device.sinks.web.body import read_json
from device.sinks.web.costs import stage_times_s
from device.sinks.web.endpoint import Query, read_queries
from device.sinks.web.pages import chosen_language
from device.sinks.web.parts import Parts
from device.sinks.web.period import read_period
from device.sinks.web.refusal import Refusal
from device.summary import SessionSummary, Slot

Result = TypeVar("Result")

LINES = (
    Query("lines", Annotated[int, Meta(ge=1, le=500)], "How many; 50 by default.", number=True),
)
_LINES = 50
_NUMBER = re.compile("[0-9]{1,19}")
# SQLite's numbers end there.
_LAST_ID = 2**63 - 1
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class Api:
    """Answers what programs ask. Whatever reads the disk is done in a thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def now(self, request: Request) -> Response:
        """What is seen now."""
        read_queries(request, ())
        return _json(now_of(self._parts.present))

    async def session(self, request: Request) -> Response:
        """The running session."""
        read_queries(request, ())
        return _json(await self._do(self._current))

    async def sessions(self, request: Request) -> Response:
        """All sessions, in short."""
        read_queries(request, ())
        return _json(await self._do(self._parts.sessions.heads))

    async def begin(self, request: Request) -> Response:
        """Another session begins."""
        read_queries(request, ())
        new = await read_json(request, NewSession, self._parts.limits)
        return _json(
            await self._do(lambda: summary_dict(self._parts.sessions.start(new.name))), 201
        )

    async def one(self, request: Request) -> Response:
        """A session, whole."""
        read_queries(request, ())
        return _json(await self._of(request, summary_dict))

    async def rename(self, request: Request) -> Response:
        """A session has another name."""
        read_queries(request, ())
        new = await read_json(request, Named, self._parts.limits)
        number = _number(request)
        found = await self._do(lambda: summary_dict(self._parts.sessions.rename(number, new.name)))
        return _json(found)

    async def delete(self, request: Request) -> Response:
        """A session is deleted."""
        read_queries(request, ())
        number = _number(request)
        await self._do(lambda: self._parts.sessions.delete(number))
        return Response(status_code=204)

    async def as_json(self, request: Request) -> Response:
        """A session as a file."""
        read_queries(request, ())
        content = await self._of(request, lambda s: msgspec.json.encode(summary_dict(s)))
        return _file(request, msgspec.json.format(content, indent=2), "json", "application/json")

    async def as_csv(self, request: Request) -> Response:
        """A session as a table."""
        read_queries(request, ())
        content = await self._of(request, lambda s: session_csv(s).encode("utf-8"))
        return _file(request, content, "csv", "text/csv; charset=utf-8")

    async def timeline(self, request: Request) -> Response:
        """A session's timeline."""
        read_queries(request, ())
        language = language_of(request)
        return _svg(await self._of(request, lambda s: timeline_svg(s.timeline, language)))

    async def profile(self, request: Request) -> Response:
        """A session's shares of emotions."""
        read_queries(request, ())
        language = language_of(request)
        return _svg(await self._of(request, lambda s: profile_svg(s.everybody, language)))

    async def history(self, request: Request) -> Response:
        """The past."""
        by, start, end = read_period(request)
        slots = await self._past(by, start, end, lambda slots: [slot_dict(slot) for slot in slots])
        return _json({"by": by, "start": start, "end": end, "slots": slots})

    async def history_plot(self, request: Request) -> Response:
        """The past as a plot."""
        language = language_of(request)
        period = read_period(request)
        return _svg(await self._past(*period, lambda slots: timeline_svg(slots, language)))

    async def device(self, request: Request) -> Response:
        """The device."""
        read_queries(request, ())
        return _json(await self._do(self._device))

    async def log(self, request: Request) -> Response:
        """The log's last lines."""
        count = read_queries(request, LINES).get("lines", _LINES)
        path = self._parts.about.log
        lines = await self._do(lambda: _last_lines(path, count)) if path else []
        return _json(LogLines(lines))

    async def health(self, request: Request) -> Response:
        """Whether frames come."""
        read_queries(request, ())
        present = self._parts.present
        age_s = present.age_s()
        well = present.shown() is not None
        health = Health("ok" if well else "degraded", None if age_s is None else round(age_s, 3))
        return _json(health, 200 if well else 503)

    async def _do(self, do: Callable[[], Result]) -> Result:
        try:
            return await self._parts.work.do(do)
        except UnknownSessionError as error:
            raise Refusal(404, str(error)) from error

    async def _of(self, request: Request, make: Callable[[SessionSummary], Result]) -> Result:
        """Return what is made of the session that the path names."""
        number = _number(request)
        return await self._do(lambda: make(self._parts.sessions.get(number)))

    async def _past(
        self, by: By, start: datetime, end: datetime, make: Callable[[Sequence[Slot]], Result]
    ) -> Result:
        if start >= end:
            return make([])
        return await self._do(lambda: make(self._parts.sessions.past(by, start, end)))

    def _current(self) -> dict[str, Any]:
        return summary_dict(self._parts.sessions.current())

    def _device(self) -> Device:
        parts, about = self._parts, self._parts.about
        celsius, throttled = parts.condition.get()
        free = free_bytes(about.log) if about.log else None
        log = LogFile(
            path=str(about.log) if about.log else None,
            bytes=file_bytes(about.log) if about.log else None,
            free_mb=None if free is None else round(free / 2**20, 1),
        )
        return Device(
            version=about.version,
            source=about.source,
            live=about.live,
            model=about.card,
            frame_rate_hz=round(parts.present.rate_hz(), 2),
            stages=[
                Stage(name, round(1000 * median_s, 3), round(1000 * high_s, 3))
                for name, (median_s, high_s) in stage_times_s(parts.costs).items()
            ],
            memory_mb=round(memory_bytes() / 2**20, 1),
            temperature_c=celsius,
            throttled=throttled,
            machine=machine_name(),
            system=system_name(),
            uptime_s=round(time.monotonic() - parts.began_s, 1),
            log=log,
            password=parts.auth.needed,
        )


def language_of(request: Request) -> str:
    """Return the language that the browser asks for."""
    return chosen_language(request.headers.get("accept-language", ""))


def _last_lines(log: Path, count: int) -> list[str]:
    """Return the log's last lines; where it was just begun those before them were put aside."""
    lines = last_lines(log, count)
    if (file_bytes(log) or 0) > TAIL_BYTES:  # there are more in it, which are not looked at
        return lines
    try:
        if len(lines) < count and (aside := put_aside(log)):
            before = last_lines_of(aside[-1], count - len(lines))
            lines = [line.decode("utf-8", "replace") for line in before] + lines
    except (OSError, EOFError, zlib.error):  # it went, or was cut off
        pass
    return lines


def _number(request: Request) -> int:
    text = request.path_params["id"]
    if not _NUMBER.fullmatch(text) or int(text) > _LAST_ID:
        raise Refusal(404, f"there is no session {text[:20]!r}")
    return int(text)


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _svg(content: str) -> Response:
    headers = {"Content-Security-Policy": _SVG_POLICY, "Vary": "Accept-Language"}
    return Response(content.encode("utf-8"), headers=headers, media_type="image/svg+xml")


def _file(request: Request, content: bytes, ending: str, media_type: str) -> Response:
    name = f"mien-session-{_number(request)}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)
