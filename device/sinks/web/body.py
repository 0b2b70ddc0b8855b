"""The body of a request: small, in time, and of the kind it says."""

from __future__ import annotations

import asyncio
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from device.sinks.web.limits import Limits
from device.sinks.web.refusal import Refusal

Content = TypeVar("Content")
_MOST_FIELDS = 10


async def read_json(request: Request, kind: type[Content], limits: Limits) -> Content:
    """Return the JSON of a request.

    Raises Refusal for another type (415), a body too large (413) or too late (408), and
    one that is not as ``kind`` says (400).
    """
    if _media_type(request) != "application/json":
        raise Refusal(415, "the body has to be application/json")
    body = await _read(request, limits)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"the body cannot be used: {error}") from error


async def read_form(request: Request, limits: Limits) -> dict[str, str]:
    """Return the fields of a small form. Raises Refusal as ``read_json``."""
    if _media_type(request) != "application/x-www-form-urlencoded":
        raise Refusal(415, "the body has to be a form")
    body = await _read(request, limits)
    try:
        text = body.decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Refusal(400, f"the form cannot be used: {error}") from error


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read(request: Request, limits: Limits) -> bytes:
    too_large = Refusal(413, f"a request has at most {limits.body_bytes} bytes")
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdecimal() and int(length[:20]) > limits.body_bytes:
        raise too_large
    body = b""
    try:
        async with asyncio.timeout(limits.request_s):
            async for part in request.stream():
                body += part
                if len(body) > limits.body_bytes:
                    raise too_large
    except TimeoutError:
        raise Refusal(408, "the request did not come to its end") from None
    return body
