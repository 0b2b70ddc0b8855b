"""Readings to write, and what stands in a log and beside it."""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from device.aside import open_plain, put_aside
from device.records import Face, Reading

PATIENCE_S = 30.0


def reading(number: int = 1) -> Reading:
    return Reading(
        datetime(2026, 1, 2, 11, 11, 11, 123456, timezone(timedelta(hours=1))),
        float(number),
        Face(number, (1, 2, 30, 40)),
        "happy",
        {"happy": 0.73214, "sad": 0.26786},
        {"happy": 0.5, "sad": 0.5},
        "mien-0123abcd",
    )


def lines(path: Path) -> list[dict]:
    """What stands in one file; a line that is torn or no JSON is an error."""
    with open_plain(path) as file:
        content = file.read()
    assert content.endswith(b"\n") or not content
    return [json.loads(line) for line in content.splitlines()]


def faces(path: Path) -> list[int]:
    """The faces in the log and what was put aside from it, in the order of writing."""
    files = [*put_aside(path), *([path] if path.exists() else [])]
    return [line["face"] for file in files for line in lines(file)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def total_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread, or another program, is about to do."""
    patience, never = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition():
        assert time.monotonic() < patience, "waited in vain"
        never.wait(0.01)
