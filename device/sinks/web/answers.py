"""What the API answers: the structs are what the OpenAPI description says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from device.records import BoxXYXY, Reading
from device.sinks.web.present import Present, Seen
from device.summary import SessionSummary

NAME_LENGTH = 100
# Control characters, line separators, and what turns the direction of writing.
_PLAIN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"

By = Literal["minute", "hour", "day"]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
SessionName = Annotated[
    str,
    Meta(
        max_length=NAME_LENGTH,
        pattern=_PLAIN,
        description='What its owner calls the session; "" for none.',
        examples=["A morning at the desk"],
    ),
]
State = Annotated[
    Literal["faces", "nobody", "no_picture"],
    Meta(description="no_picture: no frame has come for two seconds."),
]


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A session's name."""

    name: SessionName


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A session that is to begin."""

    name: SessionName = ""


class Error(msgspec.Struct, frozen=True):
    """Why something was not done, in one line."""

    error: str


class NowFace(msgspec.Struct, frozen=True):
    """A face in the newest frame. `probability` is that of `emotion`."""

    id: int
    box_xyxy: BoxXYXY
    angle_deg: float
    still: bool
    emotion: str
    probability: Share
    probabilities: dict[str, Share]


class Now(msgspec.Struct, frozen=True):
    """What is seen now. `largest` is the number of the largest face that moves."""

    time: datetime
    state: State
    frame_rate_hz: Annotated[float, Meta(ge=0)]
    width_px: Count | None
    height_px: Count | None
    largest: int | None
    faces: list[NowFace]


class Head(msgspec.Struct, frozen=True):
    """A session in a list."""

    id: int
    name: str
    began: datetime
    ended: datetime | None
    watched_s: Seconds
    somebody_s: Seconds
    faces: Count


class SessionNow(Head, frozen=True):
    """The running session in short."""

    negative_share: Share
    changes_per_h: Annotated[float, Meta(ge=0)]
    shares: dict[str, Share]


class Read(msgspec.Struct, frozen=True):
    """How the time that faces were read for divides: `seconds` and `shares` of each emotion."""

    seconds: dict[str, Seconds]
    changes: Count
    read_s: Seconds
    shares: dict[str, Share]
    negative_share: Share
    changes_per_h: Annotated[float, Meta(ge=0)]


class FaceRead(msgspec.Struct, frozen=True):
    """What was read of one face; its number is 0 for all those no longer told apart."""

    id: Count
    first_s: float
    last_s: float
    read: Read


class SlotRead(Read, frozen=True, kw_only=True):
    """A part of a timeline."""

    start: datetime
    span_s: Seconds
    watched_s: Seconds
    somebody_s: Seconds
    faces: Count


class Session(Head, frozen=True):
    """A session in numbers. It is a statistic of expressions, not a diagnosis."""

    everybody: Read
    each: list[FaceRead]
    timeline: list[SlotRead]


class History(msgspec.Struct, frozen=True):
    """The past, part by part; parts in which nothing was watched are left out.

    `start` is later than was asked for where that would have been too many parts.
    """

    by: By
    start: datetime
    end: datetime
    slots: list[SlotRead]


class Stage(msgspec.Struct, frozen=True):
    """What a stage of the pipe costs: the median and the 95th percentile of its last times."""

    name: str
    median_ms: Annotated[float, Meta(ge=0)]
    high_ms: Annotated[float, Meta(ge=0)]


class LogFile(msgspec.Struct, frozen=True):
    """Where readings are logged, how long that file is, and what is free on its disk."""

    path: str | None
    bytes: Count | None
    free_mb: Annotated[float, Meta(ge=0)] | None


class Device(msgspec.Struct, frozen=True):
    """The device and the program. `password` says whether one is asked for."""

    version: str
    source: str
    live: bool
    model: dict[str, Any]
    frame_rate_hz: Annotated[float, Meta(ge=0)]
    stages: list[Stage]
    memory_mb: Annotated[float, Meta(ge=0)]
    temperature_c: float | None
    throttled: list[str] | None
    machine: str
    system: str
    uptime_s: Seconds
    log: LogFile
    password: bool


class LogLines(msgspec.Struct, frozen=True):
    """The last lines of the log of readings, the newest last."""

    lines: list[str]


class Health(msgspec.Struct, frozen=True):
    """Whether frames come. `frame_age_s` is null before the first."""

    status: Literal["ok", "degraded"]
    frame_age_s: Seconds | None


def now_of(present: Present) -> Now:
    """Return what is seen now."""
    seen = present.shown()
    readings = seen.readings if seen else ()
    moving = [reading for reading in readings if not reading.face.still]
    largest = max(moving, key=lambda reading: reading.face.area_px).face.id if moving else None
    width_px, height_px = seen.frame.size_px if seen else (None, None)
    return Now(
        time=datetime.now().astimezone(),
        state=_state(seen, largest),
        frame_rate_hz=round(present.rate_hz(), 2),
        width_px=width_px,
        height_px=height_px,
        largest=largest,
        faces=[_face(reading) for reading in readings],
    )


def session_now(summary: SessionSummary) -> SessionNow:
    """Return ``summary`` in short."""
    everybody = summary.everybody
    return SessionNow(
        id=summary.id,
        name=summary.name,
        began=summary.began,
        ended=summary.ended,
        watched_s=summary.watched_s,
        somebody_s=summary.somebody_s,
        faces=summary.faces,
        negative_share=min(1.0, everybody.negative_share),
        changes_per_h=everybody.changes_per_h,
        shares={name: min(1.0, share) for name, share in everybody.shares.items()},
    )


def _state(seen: Seen | None, largest: int | None) -> Literal["faces", "nobody", "no_picture"]:
    if seen is None:
        return "no_picture"
    return "nobody" if largest is None else "faces"


def _face(reading: Reading) -> NowFace:
    return NowFace(
        id=reading.face.id,
        box_xyxy=reading.face.box_xyxy,
        angle_deg=round(reading.face.angle_deg, 1),
        still=reading.face.still,
        emotion=reading.emotion,
        probability=_share(reading.probability),
        probabilities={name: _share(p) for name, p in reading.probabilities.items()},
    )


def _share(probability: float) -> float:
    return min(1.0, max(0.0, round(probability, 4)))
