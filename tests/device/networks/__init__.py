"""Small networks without a card, made by ``make.py`` beside this file."""

from __future__ import annotations

from pathlib import Path

from device.model_file import write_model

HERE = Path(__file__).parent
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def network(name: str) -> bytes:
    """The TFLite file ``name``: "alive", "dead" or "other"."""
    return (HERE / f"{name}.tflite").read_bytes()


def model_file(
    path: Path,
    tflite: bytes | None = None,
    *,
    name: str = "mine",
    labels: list[str] = LABELS,
    side_px: int = 48,
    **more: object,
) -> Path:
    """Write a model file with a whole card; ``more`` goes into that."""
    card = {
        "name": name,
        "input": {"height_px": side_px, "width_px": side_px, "channels": 1},
        "framing": {"scale": 1.0, "shift_x": 0.0, "shift_y": 0.0},
        "temperature": 1.0,
    }
    write_model(path, network("alive") if tflite is None else tflite, labels, card | more)
    return path
