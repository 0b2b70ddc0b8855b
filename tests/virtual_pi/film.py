"""A film for the virtual camera: frames of the demo clip, as they lie in memory."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

# What Mien asks a camera for.
SIZE_PX = (640, 480)


def write_film(clip: Path, path: Path, *, start_s: float, frames: int, rate_hz: float) -> None:
    """Write ``frames`` pictures of ``clip``, ``rate_hz`` of each second, as BGR 640x480."""
    capture = cv2.VideoCapture(str(clip))
    try:
        with path.open("wb") as film:
            for number in range(frames):
                capture.set(cv2.CAP_PROP_POS_MSEC, 1000 * (start_s + number / rate_hz))
                ok, picture = capture.read()
                if not ok:
                    raise ValueError(f"{clip} has no picture at {start_s + number / rate_hz:g} s")
                film.write(_on_canvas(picture).tobytes())
    finally:
        capture.release()


def _on_canvas(picture: np.ndarray) -> np.ndarray:
    """Put the picture in the middle of the size, on black."""
    width, height = SIZE_PX
    scale = min(width / picture.shape[1], height / picture.shape[0])
    fitted = cv2.resize(picture, None, fx=scale, fy=scale)
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - fitted.shape[0]) // 2, (width - fitted.shape[1]) // 2
    canvas[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return canvas
