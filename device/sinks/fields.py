"""The fields of a reading, as they leave the device."""

from __future__ import annotations

from device.clock import Moment
from device.records import Reading


def as_dict(reading: Reading) -> dict[str, object]:
    """Return what is said of ``reading``: a line of the log, or a message of MQTT."""
    return {
        "time": reading.time.isoformat(timespec="milliseconds"),
        "media_time_s": round(reading.media_time_s, 3),
        "face": reading.face.id,
        "box_xyxy": reading.face.box_xyxy,
        "angle_deg": round(reading.face.angle_deg),
        "still": reading.face.still,
        "emotion": reading.emotion,
        "probability": round(reading.probability, 4),
        "probabilities": _rounded(reading.probabilities),
        "model": reading.model_id,
    }


def stamp_fields(moment: Moment) -> dict[str, object]:
    """Return what is said of when readings left the device, beside the time on the wall."""
    return {
        "monotonic_s": round(moment.monotonic_s, 3),
        "clock_synchronised": moment.synchronised,
        "boot": moment.boot,
    }


def raw_fields(reading: Reading) -> dict[str, object]:
    """Return what is added of the network's answer for this frame alone."""
    return {"raw_probabilities": _rounded(reading.raw_probabilities)}


def _rounded(probabilities: dict[str, float]) -> dict[str, float]:
    return {name: round(probability, 4) for name, probability in probabilities.items()}
