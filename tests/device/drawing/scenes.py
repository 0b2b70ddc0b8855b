"""What there is to draw in tests: a made-up room, readings, a session."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import cv2
import numpy as np

from device.drawing import Scene
from device.records import BoxXYXY, Face, Reading
from device.summary import SessionSummary, Shares

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
BEGAN = datetime(2026, 1, 2, 9, 5, tzinfo=timezone(timedelta(hours=1)))
BOX = (330, 110, 470, 250)


def room(width: int = 640, height: int = 480) -> np.ndarray:
    """A room with a doll in it, right of its middle, uint8 BGR (height, width, 3)."""
    picture = np.full((480, 640, 3), (120, 104, 92), np.uint8)
    cv2.rectangle(picture, (0, 380), (639, 479), (70, 62, 58), -1)
    cv2.rectangle(picture, (60, 60), (190, 230), (190, 170, 150), -1)
    cv2.ellipse(picture, (400, 400), (150, 130), 0, 180, 360, (60, 50, 140), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (400, 180), (80, 100), 0, 0, 360, (170, 195, 225), -1, cv2.LINE_AA)
    for x in (370, 430):
        cv2.circle(picture, (x, 165), 8, (40, 40, 40), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (400, 215), (34, 20), 0, 0, 180, (60, 60, 160), 5, cv2.LINE_AA)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def reading(
    face_id: int = 1, box: BoxXYXY = BOX, emotion: str = "happy", probability: float = 0.9,
    *, still: bool = False, angle_deg: float = 0.0,
) -> Reading:  # fmt: skip
    rest = (1 - probability) / 6
    probabilities = dict.fromkeys(LABELS, rest)
    if emotion in probabilities:
        probabilities[emotion] = probability
    face = Face(face_id, box, angle_deg, still)
    return Reading(BEGAN, 0.0, face, emotion, probabilities, probabilities, "m")


def session(**changes: object) -> SessionSummary:
    seconds = dict(zip([*LABELS, "uncertain"], [12, 3, 8, 220, 44, 30, 160, 15], strict=True))
    numbers: dict[str, object] = {
        "id": 1, "name": "", "began": BEGAN, "ended": None, "watched_s": 4230.0,
        "somebody_s": 492.0, "faces": 3, "everybody": Shares(seconds, 17), "each": [],
        "timeline": [],
    }  # fmt: skip
    return SessionSummary(**(numbers | changes))


STRIP = [
    *[None] * 20, *["neutral"] * 30, *["happy"] * 40, *[None] * 10,
    *["sad"] * 5, *["surprise"] * 5, *["happy"] * 40,
]  # fmt: skip
MANY = [
    reading(),
    reading(12, (70, 240, 190, 360), "sad", 0.5),
    reading(3, (530, 60, 630, 160), "uncertain", 0.3),
    reading(4, (90, 90, 160, 170), "neutral", still=True),
]


def scene(**changes: object) -> Scene:
    """Somebody happy in a room, and a session of some minutes; ``changes`` replace parts of it."""
    parts: dict[str, object] = {
        "labels": LABELS, "picture": room(), "readings": [reading()], "rate_hz": 9.87,
        "strip": STRIP, "session": session(),
    }  # fmt: skip
    return Scene(**(parts | changes))
