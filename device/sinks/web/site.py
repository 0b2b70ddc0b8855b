"""The pages themselves, the login, and what goes on: pictures and events."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from device.sinks.web import events, stream
from device.sinks.web.api import language_of
from device.sinks.web.body import read_form
from device.sinks.web.channel import Channel
from device.sinks.web.endpoint import read_queries
from device.sinks.web.feed import Feed
from device.sinks.web.metrics import MEDIA_TYPE, Metrics
from device.sinks.web.parts import Parts
from device.sinks.web.refusal import Refusal, busy

PATHS = {"/": "live", "/session": "session", "/history": "history", "/device": "device"}
# A path of this device: no "//" anywhere, as in "/.//other", and no backslash.
_LOCAL = re.compile(r"/(?:[\w.~%?=&+:-]+/)*[\w.~%?=&+:-]*", re.ASCII)
_PICTURE_LIMIT_S = 5.0


class Site:
    """Answers what a browser asks."""

    def __init__(self, parts: Parts, metrics: Metrics) -> None:
        self._parts = parts
        self._metrics = metrics

    async def page(self, request: Request) -> Response:
        """One of the pages, in the browser's language."""
        page = PATHS[request.url.path]
        return self._html(self._parts.pages.html(page, language_of(request)))

    async def login_page(self, request: Request) -> Response:
        """The login, where one is needed."""
        target = _local(request.query_params.get("next", "/"))
        if self._parts.auth.holds(request.scope["mien.token"]):
            return RedirectResponse(target, 303)
        return self._html(self._parts.pages.login(language_of(request), target, ""))

    async def log_in(self, request: Request) -> Response:
        """A password is given."""
        form = await read_form(request, self._parts.limits)
        target = _local(form.get("next", "/"))
        if not self._parts.auth.needed:
            return RedirectResponse(target, 303)
        address = request.client.host if request.client else ""
        try:
            cookie = await self._parts.auth.log_in(form.get("password", ""), address)
        except Refusal as refusal:
            return self._refused(request, target, refusal)
        return RedirectResponse(target, 303, headers={"Set-Cookie": cookie})

    def _refused(self, request: Request, target: str, refusal: Refusal) -> Response:
        words = {401: "wrong_password", 429: "too_many_tries", 503: "busy"}[refusal.status]
        html = self._parts.pages.login(language_of(request), target, words)
        response = self._html(html, refusal.status)
        response.headers.update(refusal.headers)
        return response

    async def log_out(self, request: Request) -> Response:
        """Who asks is logged out."""
        cookie = self._parts.auth.log_out(request.scope["mien.token"] or "")
        return RedirectResponse("/login", 303, headers={"Set-Cookie": cookie})

    async def words(self, request: Request) -> Response:
        """The words of the browser's language."""
        content = self._parts.pages.words_json(language_of(request))
        headers = {"Vary": "Accept-Language"}
        return Response(content, headers=headers, media_type="application/json")

    async def asset(self, request: Request) -> Response:
        """A file of the pages."""
        asset = self._parts.pages.assets.get(request.path_params["name"])
        if asset is None:
            raise Refusal(404, "there is no such file")
        headers = {"ETag": asset.tag, "Cache-Control": "no-cache"}
        if asset.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.content, headers=headers, media_type=asset.media_type)

    async def emoji(self, request: Request) -> Response:
        """The emoji of an emotion."""
        name = request.path_params["name"]
        png = await self._parts.work.do(self._parts.pages.emoji_png, name)
        if png is None:
            raise Refusal(404, "there is no such emoji")
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(png, headers=headers, media_type="image/png")

    async def stream(self, request: Request) -> Response:
        """The live picture, again and again."""
        channel = self._parts.pictures.channels[language_of(request)]
        return self._feed(request, channel, stream.MEDIA_TYPE, stream.OPENING)

    async def picture(self, request: Request) -> Response:
        """The live picture, once."""
        channel = self._parts.pictures.channels[language_of(request)]
        if self._parts.present.shown() is not None:
            with self._parts.places.take(), channel.joined():
                _, parts = await channel.after(0, _PICTURE_LIMIT_S)
            if parts:
                return Response(stream.jpeg_of(parts[-1]), media_type="image/jpeg")
        raise busy("there is no picture: the camera gives none")

    async def events(self, request: Request) -> Response:
        """What changes."""
        read_queries(request, ())
        feed = self._feed(request, self._parts.events, events.MEDIA_TYPE, events.OPENING)
        feed.alive = events.ALIVE
        return feed

    async def metrics(self, request: Request) -> Response:
        """Figures for Prometheus."""
        read_queries(request, ())
        text = await self._parts.work.do(self._metrics.text)
        return Response(text, headers={"Content-Type": MEDIA_TYPE})

    def _feed(self, request: Request, channel: Channel, media_type: str, opening: bytes) -> Feed:
        token = request.scope["mien.token"]
        auth = self._parts.auth

        def allowed() -> bool:
            return token is None or auth.holds(token)

        places = self._parts.places
        return Feed(channel, places, allowed, media_type=media_type, opening=opening)

    def _html(self, content: str, status: int = 200) -> Response:
        return HTMLResponse(content, status, headers={"Vary": "Accept-Language"})


def login_path(path: str, query: str) -> str:
    """Return where one logs in on the way to ``path``."""
    return f"/login?next={quote(path + (f'?{query}' if query else ''), safe='/')}"


def _local(target: str) -> str:
    """Return ``target`` where it is a path of this device; else its first page."""
    return target if len(target) <= 300 and _LOCAL.fullmatch(target) else "/"
