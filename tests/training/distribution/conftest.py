"""Ports of this machine for workers of one cluster."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest


@pytest.fixture
def addresses() -> list[str]:
    """Two addresses of this machine at which nobody listens."""
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        return [f"127.0.0.1:{one.getsockname()[1]}" for one in free]
