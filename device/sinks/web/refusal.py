"""What is answered where a request is not done."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):  # noqa: N818 - what is refused is no fault of the program
    """Ends the handling of a request with ``status`` and one line for people.

    headers: further headers of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def busy(message: str) -> Refusal:
    """Return the refusal for when there are too many at once."""
    return Refusal(503, message, {"Retry-After": "5"})
