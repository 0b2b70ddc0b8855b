"""What the API can be asked: one description for the server and for OpenAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPMethod
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from device.sinks.web.refusal import Refusal

Handle = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Query:
    """A parameter of the query; ``kind`` is a type that msgspec converts text to.

    number: whether it is one: what is none has to be as it is in JSON.
    """

    name: str
    kind: Any
    words: str
    number: bool = False


@dataclass(frozen=True)
class Answer:
    """What is answered: JSON of the type ``kind``, or a body of another media type."""

    words: str
    kind: Any = None
    media_type: str = "application/json"


@dataclass(frozen=True)
class Endpoint:
    """A path and a method, what it takes and answers.

    public: nobody is asked for a password.
    body: the type of the JSON that it takes; None for none.
    """

    method: HTTPMethod
    path: str
    handle: Handle
    words: str
    answers: Mapping[int, Answer]
    queries: tuple[Query, ...] = ()
    body: Any = None
    public: bool = False


def read_queries(request: Request, queries: tuple[Query, ...]) -> dict[str, Any]:
    """Return the parameters that were given.

    Raises Refusal for one that is unknown, given twice, or of a wrong type.
    """
    known = {query.name: query for query in queries}
    found: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        if name not in known or name in found:
            given = "given twice" if name in found else "unknown"
            raise Refusal(400, f"{name[:40]!r}: {given}: known are {', '.join(known) or 'none'}")
        try:
            found[name] = _converted(text, known[name])
        except msgspec.ValidationError as error:
            raise Refusal(400, f"{name} = {text[:40]!r}: {error}") from error
    return found


def _converted(text: str, query: Query) -> Any:
    return msgspec.convert(text, query.kind, strict=not query.number)
