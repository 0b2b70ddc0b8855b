"""Waiting for what another thread, or another program, is about to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

DEADLINE_S = 20.0


def until(holds: Callable[[], Any], what: str = "it") -> Any:
    """Wait until ``holds()`` is true, and return what it says."""
    pause = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        if found := holds():
            return found
        pause.wait(0.02)
    raise AssertionError(f"{what} did not come to be within {DEADLINE_S:g} s")
