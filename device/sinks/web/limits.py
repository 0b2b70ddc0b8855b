"""How much the page takes from those who visit it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of time and size.

    clients: connections at once; those beyond are told to come back later.
    request_s: how long the head of a request, or its body, may take to arrive, and how long
        a connection may stand idle.
    reader_s: how long a visitor may take to read ``least_bytes`` of what was sent.
    body_bytes: of a request.
    head_bytes: of a request's line and headers.
    join_s: how long closing waits for the server's thread.
    """

    clients: int = 100
    request_s: float = 10.0
    reader_s: float = 20.0
    least_bytes: int = 16_384
    body_bytes: int = 16_384
    head_bytes: int = 16_384
    join_s: float = 5.0

    @property
    def long_lived(self) -> int:
        """How many of the connections may be streams; the rest answers pages meanwhile."""
        return max(1, self.clients - max(1, self.clients // 5))
