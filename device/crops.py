"""The functional test of preprocessing: one picture of the face for each second of a video."""

from __future__ import annotations

from pathlib import Path

import cv2

from device.errors import SinkError
from device.faces import FaceFinder
from device.model import Model
from device.pipeline import Pace
from device.preprocess import crop_face
from device.sources.base import Source


def write_crops(source: Source, finder: FaceFinder, model: Model, folder: Path) -> list[Path]:
    """Write ``image0.png``, ``image1.png`` … to ``folder``; return their paths.

    Each is what ``model`` would be shown: the largest face in the first frame
    of a second that has one, 8-bit grey. A second without a face gives none.

    Raises SinkError where a picture cannot be written.
    """
    written: list[Path] = []
    pace = Pace(rate_hz=1.0)
    for frame in source:
        if not pace.due(frame.time_s):
            continue
        boxes = finder.find(frame.grey)
        if not boxes:
            continue
        pace.done(frame.time_s)
        path = folder / f"image{len(written)}.png"
        _write_png(path, crop_face(frame.grey, boxes[0], model.framing, model.side_px))
        written.append(path)
    return written


def _write_png(path: Path, picture: object) -> None:
    _, encoded = cv2.imencode(".png", picture)  # type: ignore[call-overload]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SinkError(f"cannot write {path}: {reason}: give another folder") from error
