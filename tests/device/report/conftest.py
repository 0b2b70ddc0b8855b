"""What the report's tests share: a real log, made-up ones, slots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from device.service import DEMO
from device.summary import Slot
from tests.device.conftest import python_path

ZONE = timezone(timedelta(hours=1))
BEGAN = datetime(2026, 11, 20, 14, 30, tzinfo=ZONE)
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture(scope="session")
def demo_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the device logs of the demo clip."""
    path = tmp_path_factory.mktemp("demo") / "x.jsonl"
    subprocess.run(
        [sys.executable, "-m", "device", "run", "--source", str(DEMO), "--log", str(path)],
        env=os.environ | {"PYTHONPATH": python_path()},
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return path


def line(at_s: float, emotion: str = "happy", **changed: object) -> dict[str, object]:
    """What a log says of a face, so long after ``BEGAN``."""
    return {
        "time": (BEGAN + timedelta(seconds=at_s)).isoformat(timespec="milliseconds"),
        "media_time_s": round(1000 + at_s, 3),
        "face": 1,
        "box_xyxy": [195, 137, 299, 241],
        "angle_deg": 5,
        "still": False,
        "emotion": emotion,
        "probability": 0.4,
        "probabilities": dict.fromkeys(LABELS, 1 / 7),
        "model": "mien-875ac2a1",
    } | changed


def text(lines: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(each) + "\n" for each in lines)


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """Write a log of lines."""

    def write(lines: Iterable[dict[str, object]], name: str = "x.jsonl") -> Path:
        path = tmp_path / name
        path.write_text(text(lines))
        return path

    return write


def slot(at_s: float, span_s: float, somebody_s: float = 0.0, **seconds: float) -> Slot:
    """A slot that was watched, and in which somebody was there for so long."""
    return Slot(BEGAN + timedelta(seconds=at_s), span_s, seconds, span_s, somebody_s, 1, 2)
