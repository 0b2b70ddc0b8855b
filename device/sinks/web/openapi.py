"""The API's OpenAPI description, made of what the server itself goes by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from device.sinks.web.answers import Error
from device.sinks.web.endpoint import Answer, Endpoint

_REF = "#/components/schemas/{name}"
_INFO = (
    "What Mien sees now, the running session, those before, and the device. It is a statistic "
    "of expressions, not a diagnosis. Faces are numbers of a session, never identities."
)
# Answers that any endpoint may give.
_BUSY = Answer("Too many visitors at once, or the history cannot be read.", Error)
_HOST = Answer("Asked for under a name that is not this device's.", Error)
_CROSS = Answer("Asked for by another site's page.", Error)
_LOGIN = Answer("Log in first.", Error)
_TRIES = Answer("Too many wrong passwords.", Error)
_HEAD = Answer("The headers are too large.", Error)
_REFUSED = Answer("Something asked for is of a wrong type, or unknown.", Error)


def describe(endpoints: Sequence[Endpoint], version: str, *, password: bool) -> dict[str, Any]:
    """Return the description, ready for JSON.

    password: whether one is asked for.
    """
    kinds = [answer.kind for e in endpoints for answer in _answers(e).values() if answer.kind]
    kinds += [endpoint.body for endpoint in endpoints if endpoint.body]
    kinds += [query.kind for endpoint in endpoints for query in endpoint.queries]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    by_kind = dict(zip(map(repr, kinds), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, by_kind, password=password)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mien", "version": version, "description": _INFO},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "password": {"type": "http", "scheme": "basic", "description": "User: mien."},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "mien"},
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: dict[str, Any], *, password: bool) -> dict[str, Any]:
    answers = {str(code): _answer(answer, schemas) for code, answer in _answers(endpoint).items()}
    found: dict[str, Any] = {"summary": endpoint.words, "responses": answers}
    parameters = [_of_path(name) for name in re.findall(r"{(\w+)}", endpoint.path)]
    parameters += [
        {"name": q.name, "in": "query", "description": q.words, "schema": schemas[repr(q.kind)]}
        for q in endpoint.queries
    ]
    if parameters:
        found["parameters"] = parameters
    if endpoint.body:
        content = {"application/json": {"schema": schemas[repr(endpoint.body)]}}
        found["requestBody"] = {"required": True, "content": content}
    if password and not endpoint.public:
        found["security"] = [{"password": []}, {"cookie": []}]
    return found


def _answers(endpoint: Endpoint) -> dict[int, Answer]:
    found = {400: _REFUSED, 403: _CROSS, 421: _HOST, 431: _HEAD, 503: _BUSY}
    if not endpoint.public:
        found |= {401: _LOGIN, 429: _TRIES}
    if endpoint.body:
        found |= {
            408: Answer("The body did not come to its end in time.", Error),
            413: Answer("The body is too large.", Error),
            415: Answer("The body is no JSON.", Error),
        }
    return dict(sorted({**found, **endpoint.answers}.items()))


def _answer(answer: Answer, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.words}
    if answer.kind:
        found["content"] = {answer.media_type: {"schema": schemas[repr(answer.kind)]}}
    elif answer.media_type != "application/json":
        found["content"] = {answer.media_type: {"schema": {"type": "string"}}}
    return found


def _of_path(name: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0}
    words = "The number of a session."
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema}
