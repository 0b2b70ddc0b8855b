"""What stands before every request: the right name, the right site, the right person."""

from __future__ import annotations

import json
import logging
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from device.errors import MienError
from device.sinks.web.auth import Auth
from device.sinks.web.hosts import Names, is_cross_site, is_same_origin
from device.sinks.web.limits import Limits
from device.sinks.web.refusal import Refusal
from device.sinks.web.site import PATHS, login_path

_log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": that would take the Origin from our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
_PUBLIC = ("/healthz", "/login", "/words.json")
_PUBLIC_FOLDERS = ("/assets/", "/emoji/")
_READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Lets a request through to ``app``, or answers it in one line; puts headers on answers."""

    def __init__(self, app: ASGIApp, auth: Auth, names: Names, limits: Limits) -> None:
        self._app = app
        self._auth = auth
        self._names = names
        self._limits = limits
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        began = False

        async def send_guarded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                _add_headers(message)
            await send(message)

        try:
            await self._handle(Request(scope, receive), send_guarded)
        except ClientDisconnect:
            return
        except Exception as error:
            if began:  # too late to say so
                self._tell(error)
                raise
            await self._answer(error, Request(scope))(scope, receive, send_guarded)

    async def _handle(self, request: Request, send: Send) -> None:
        if sum(len(n) + len(v) for n, v in request.headers.raw) > self._limits.head_bytes:
            raise Refusal(431, f"headers have at most {self._limits.head_bytes} bytes in all")
        self._check_host(request)
        if request.method not in _READING and not is_same_origin(request.headers):
            raise Refusal(403, "only a page of this device itself may ask for that")
        if request.method in _READING and is_cross_site(request.headers):
            raise Refusal(403, "only a page of this device itself may show that")
        token = self._auth.token_of(request)
        request.scope["mien.token"] = token
        if not _is_public(request.scope["path"]) and not self._auth.holds(token):
            if request.url.path in PATHS and request.method in _READING:
                answer = RedirectResponse(login_path(request.url.path, request.url.query), 303)
                await answer(request.scope, request.receive, send)
                return
            await self._check_basic(request)
        await self._app(request.scope, request.receive, send)

    def _check_host(self, request: Request) -> None:
        server = request.scope.get("server") or ("", None)
        if not self._names.know(request.headers.get("host", ""), server[0]):
            raise Refusal(
                421,
                "this device is not known under that name: use its address, "
                "or add the name to names under [page]",
            )

    async def _check_basic(self, request: Request) -> None:
        address = request.client.host if request.client else ""
        header = request.headers.get("authorization")
        try:
            if header is None:
                raise Refusal(401, "log in first")
            await self._auth.check_basic(header, address)
        except Refusal as refusal:
            if refusal.status == 401 and not _is_browser(request.headers):
                refusal.headers["WWW-Authenticate"] = 'Basic realm="Mien", charset="UTF-8"'
            raise
        # Nothing to check again later: each request of a script brings its password.
        request.scope["mien.token"] = None

    def _answer(self, error: Exception, request: Request) -> Response:
        if isinstance(error, Refusal):
            return _said(request, error.status, error.message, error.headers)
        if isinstance(error, HTTPException):
            words = {404: "there is no such page", 405: "that cannot be done here"}
            message = words.get(error.status_code, str(error.detail).lower())
            return _said(request, error.status_code, message, dict(error.headers or {}))
        self._tell(error)
        if isinstance(error, MienError):
            return _said(request, 503, str(error), {"Retry-After": "5"})
        return _said(request, 500, f"unexpected {type(error).__name__}: see the device's log", {})

    def _tell(self, error: Exception) -> None:
        """Warn of an error, once of each kind."""
        text = " ".join(f"{type(error).__name__}: {error}".split())
        if len(self._told) < 100 and text not in self._told:
            self._told.add(text)
            _log.warning("web page: a request failed: %s", text)


def _is_public(path: str) -> bool:
    return path in _PUBLIC or path.startswith(_PUBLIC_FOLDERS)


def _is_browser(headers: Headers) -> bool:
    """Tell whether a challenge would open a window that asks for name and password.

    Without encryption, and not on this machine, browsers send no Sec-Fetch-Mode.
    """
    return "sec-fetch-mode" in headers or headers.get("user-agent", "").startswith("Mozilla/")


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def _said(request: Request, status: int, message: str, headers: dict[str, str]) -> Response:
    """Return ``message``: a small page for a person, JSON for a program."""
    by_program = request.url.path.startswith("/api/")
    if not by_program and "text/html" in Headers(scope=request.scope).get("accept", ""):
        return HTMLResponse(_page(status, message), status, headers)
    content = json.dumps({"error": message}, ensure_ascii=False)
    return Response(content, status, headers, media_type="application/json")


def _page(status: int, message: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{status} - Mien</title>"
        '<link rel="stylesheet" href="/assets/mien.css"></head>'
        f'<body><main id="content"><h1>{status}</h1><p>{escape(message)}</p>'
        '<p><a href="/">Mien</a></p></main></body></html>\n'
    )
