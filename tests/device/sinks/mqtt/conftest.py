"""What the tests of the MQTT sink share: a place with brokers, and sinks that send to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.config import MqttSettings
from device.history import History
from device.records import Face, Frame, Reading
from device.sessions import Sessions
from device.sinks.mqtt import About, Limits, Mqtt
from tests.device.sinks.mqtt.mosquitto import Place

LABELS = ["happy", "sad"]
FRAME = Frame(np.zeros((4, 4), np.uint8), 0.0)
# As in use, but for pauses and repeats that no test can wait for.
LIMITS = Limits(connect_s=2.0, first_pause_s=0.02, longest_pause_s=0.1, turn_s=0.05, calm_s=0.0)


def reading(number: int, *, emotion: str = "happy", side: int = 30, still: bool = False) -> Reading:
    """The reading of a face of that number, ``number`` seconds after noon."""
    return Reading(
        datetime(2026, 1, 2, 12, tzinfo=UTC) + timedelta(seconds=number),
        float(number),
        Face(number, (0, 0, side, side), still=still),
        emotion,
        {"happy": 0.75, "sad": 0.25},
        {"happy": 0.5, "sad": 0.5},
        "mien-0123abcd",
    )


Send = Callable[..., Mqtt]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Place(tmp_path) as place:
        yield place


@pytest.fixture
def send(place: Place) -> Send:
    """Open a sink that sends to the broker at a port."""
    history = History(None, keep_days=1, max_bytes=1_000_000)
    sessions = place.enter_context(Sessions(LABELS, history))

    def start(
        port: int, *, limits: Limits = LIMITS, figures: Any = sessions, **settings: Any
    ) -> Mqtt:
        given = {"enabled": True, "host": "127.0.0.1", "port": port, "device": "kitchen"}
        about = About("1.2.3", LABELS, "mien-0123abcd")
        mqtt = Mqtt(MqttSettings(**(given | settings)), figures, about, limits=limits)
        return place.enter_context(mqtt)

    return start
