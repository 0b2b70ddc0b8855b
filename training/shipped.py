"""The models that come with Mien."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parents[1]
KERAS_MODEL = _ROOT / "training" / "runs" / "mien" / "model.keras"
INT8_MODEL = _ROOT / "device" / "models" / "mien.tflite"
