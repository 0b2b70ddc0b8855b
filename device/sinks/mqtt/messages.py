"""What is said under which topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from device import clock
from device.records import Reading
from device.sinks.fields import as_dict, stamp_fields
from device.sinks.mqtt.present import Moment
from device.summary import SessionSummary

ONLINE, OFFLINE = b"online", b"offline"


class Topics:
    """The topics of one device, below ``top``."""

    def __init__(self, top: str, device: str) -> None:
        base = f"{top}/{device}"
        self.reading = f"{base}/reading"
        self.session = f"{base}/session"
        self.state = f"{base}/state"
        self.availability = f"{base}/availability"


def reading_payloads(readings: Sequence[Reading]) -> list[bytes]:
    """Return what is sent of readings that are due now: what the log has of each."""
    stamp = stamp_fields(clock.now())
    return [msgspec.json.encode(as_dict(reading) | stamp) for reading in readings]


def state_payload(moment: Moment, waiting: int, dropped: int) -> bytes:
    """Return what is sent of the present moment.

    waiting: how many readings the broker has not confirmed.
    dropped: how many were dropped since the start.
    """
    return msgspec.json.encode(
        {
            "time": _now(),
            "camera": moment.camera,
            "faces": moment.faces,
            "face": moment.face,
            "emotion": moment.emotion,
            "probability": moment.probability,
            "waiting": waiting,
            "dropped": dropped,
        }
    )


def session_payload(session: SessionSummary) -> bytes:
    """Return what is sent of the running session."""
    read = session.everybody
    return msgspec.json.encode(
        {
            "time": _now(),
            "session": session.id,
            "name": session.name,
            "began": session.began.isoformat(timespec="milliseconds"),
            "watched_s": session.watched_s,
            "somebody_s": session.somebody_s,
            "faces": session.faces,
            "changes": read.changes,
            "changes_per_h": round(read.changes_per_h, 2),
            "negative_share": round(read.negative_share, 4),
            "shares": {name: round(share, 4) for name, share in read.shares.items()},
        }
    )


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")
