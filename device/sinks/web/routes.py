"""Which path leads where; also what the OpenAPI description says."""

from __future__ import annotations

from http import HTTPMethod
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from device.sinks.web.answers import (
    Device,
    Error,
    Head,
    Health,
    History,
    LogLines,
    Named,
    NewSession,
    Now,
    Session,
)
from device.sinks.web.api import LINES, Api
from device.sinks.web.endpoint import Answer, Endpoint, Handle, read_queries
from device.sinks.web.openapi import describe
from device.sinks.web.parts import Parts
from device.sinks.web.period import PERIOD
from device.sinks.web.site import PATHS, Site

GET, POST, PATCH, DELETE = HTTPMethod.GET, HTTPMethod.POST, HTTPMethod.PATCH, HTTPMethod.DELETE
_SVG, _CSV = "image/svg+xml", "text/csv"
_UNKNOWN = Answer("There is no such session.", Error)


def endpoints(api: Api, site: Site) -> list[Endpoint]:
    """Return all that is part of the API."""
    return [*_of_the_present(api, site), *_of_sessions(api), *_of_the_device(api, site)]


def _of_the_present(api: Api, site: Site) -> list[Endpoint]:
    pictures = "multipart/x-mixed-replace"
    none = Answer("There is no picture.", Error)
    return [
        _get("/api/now", api.now, "What is seen now", {200: Answer("The faces.", Now)}),
        _get(
            "/api/events", site.events, "What changes, as events `now` and `session`",
            {200: Answer("`now` as /api/now; `session` in short.", media_type="text/event-stream")},
        ),
        _get(
            "/stream.mjpeg", site.stream, "The live picture with its faces marked",
            {200: Answer("JPEGs without end.", media_type=pictures)},
        ),
        _get(
            "/picture.jpg", site.picture, "The live picture, once",
            {200: Answer("A JPEG.", media_type="image/jpeg"), 503: none},
        ),
    ]  # fmt: skip


def _of_sessions(api: Api) -> list[Endpoint]:
    whole, one = Answer("The session.", Session), "/api/sessions/{id}"
    found = {200: whole, 404: _UNKNOWN}
    period = {200: Answer("The parts, the earliest first.", History)}
    return [
        _get("/api/session", api.session, "The running session", {200: whole}),
        _get("/api/sessions", api.sessions, "All sessions, the newest first",
             {200: Answer("In short.", list[Head])}),
        Endpoint(POST, "/api/sessions", api.begin, "End the running session and begin another",
                 {201: whole}, body=NewSession),
        _get(one, api.one, "A session", found),
        Endpoint(PATCH, one, api.rename, "Name a session", found, body=Named),
        Endpoint(DELETE, one, api.delete, "Delete a session with its minutes; where it is the "
                 "running one, another begins", {204: Answer("It is gone."), 404: _UNKNOWN}),
        _get(f"{one}/export.json", api.as_json, "A session as a file", found),
        _get(f"{one}/export.csv", api.as_csv, "A session as a table",
             {200: Answer("Lines for the session, faces and slots.", media_type=_CSV),
              404: _UNKNOWN}),
        _get(f"{one}/timeline.svg", api.timeline, "A session's timeline as a plot",
             {200: Answer("A plot.", media_type=_SVG), 404: _UNKNOWN}),
        _get(f"{one}/profile.svg", api.profile, "A session's shares as a plot",
             {200: Answer("A plot.", media_type=_SVG), 404: _UNKNOWN}),
        _get("/api/history", api.history, "The past, part by part", period, PERIOD),
        _get("/api/history.svg", api.history_plot, "The past as a plot",
             {200: Answer("A plot.", media_type=_SVG)}, PERIOD),
    ]  # fmt: skip


def _of_the_device(api: Api, site: Site) -> list[Endpoint]:
    health = {200: Answer("Frames come.", Health), 503: Answer("None for two seconds.", Health)}
    return [
        _get("/api/device", api.device, "The device", {200: Answer("Its parts.", Device)}),
        _get("/api/log", api.log, "The last lines of the log of readings",
             {200: Answer("Lines.", LogLines)}, LINES),
        Endpoint(GET, "/healthz", api.health, "Whether frames come", health, public=True),
        _get("/metrics", site.metrics, "Figures for Prometheus",
             {200: Answer("Prometheus' text format.", media_type="text/plain")}),
    ]  # fmt: skip


def _get(
    path: str, handle: Handle, words: str, answers: dict[int, Answer], queries: Any = ()
) -> Endpoint:
    return Endpoint(GET, path, handle, words, answers, queries)


def build_router(parts: Parts, api: Api, site: Site) -> Router:
    """Return what leads each request to its handler."""
    all_of_api = endpoints(api, site)
    description = describe(all_of_api, parts.about.version, password=parts.auth.needed)
    encoded = msgspec.json.encode(description)

    async def openapi(request: Request) -> Response:
        read_queries(request, ())
        return Response(encoded, media_type="application/json")

    handlers: dict[str, dict[str, Handle]] = {}
    for endpoint in all_of_api:
        handlers.setdefault(endpoint.path, {})[endpoint.method] = endpoint.handle
    handlers |= {path: {GET: site.page} for path in PATHS}
    handlers |= {
        "/openapi.json": {GET: openapi},
        "/login": {GET: site.login_page, POST: site.log_in},
        "/logout": {POST: site.log_out},
        "/words.json": {GET: site.words},
        "/assets/{name}": {GET: site.asset},
        "/emoji/{name}.png": {GET: site.emoji},
    }
    routes = [_route(path, by_method) for path, by_method in handlers.items()]
    return Router(routes, redirect_slashes=False)


def _route(path: str, by_method: dict[str, Handle]) -> Route:
    async def handle(request: Request) -> Response:
        return await by_method["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, handle, methods=list(by_method))
