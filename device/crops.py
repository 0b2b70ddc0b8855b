"""The functional test of preprocessing: one picture of the face for each second of a video."""

from __future__ import annotations

import logging
import math
import threading
from pathlib import Path

import cv2

from device.errors import SinkError, why
from device.faces import FaceFinder, Marks
from device.model import Model
from device.preprocess import crop_face
from device.sources.base import Source

_log = logging.getLogger(__name__)


def write_crops(
    source: Source,
    finder: FaceFinder,
    model: Model,
    folder: Path,
    stop: threading.Event,
    marks: Marks | None = None,
) -> int:
    """Write ``image0.png``, ``image1.png`` ... to ``folder``; return how many.

    Each is what ``model`` would be shown: the largest face in the first frame
    of a second that has one, 8-bit grey. A second without a face gives none.
    Pictures of an earlier call are replaced, and those beyond the last removed.

    marks: what is asked of the points of a face, if anything is.

    Raises SinkError where a picture cannot be written.
    """
    count = 0
    start_s, second = math.nan, -1
    for frame in source:
        if stop.is_set():
            break
        if frame is None:
            continue
        start_s = frame.time_s if math.isnan(start_s) else start_s
        # Frame times are rounded: 0.999999 belongs to the second that begins at 1.
        now = math.floor(frame.time_s - start_s + 1e-6)
        places = finder.places(frame.grey) if now != second else []
        if marks is not None and places:
            places = marks.only_faces(finder.view(frame.grey), places)
        if places:
            second = now
            box, tilt = places[0].box_xyxy, places[0].angle_deg
            crop = crop_face(frame.grey, box, model.framing, model.side_px, angle_deg=tilt)
            _write_png(folder / f"image{count}.png", crop)
            count += 1
    if count:
        _remove_from(folder, count)
    return count


def _remove_from(folder: Path, number: int) -> None:
    first = number
    while (path := folder / f"image{number}.png").is_file():
        path.unlink()
        number += 1
    if number > first:
        _log.info("removed %d pictures of an earlier call", number - first)


def _write_png(path: Path, picture: object) -> None:
    _, encoded = cv2.imencode(".png", picture)  # type: ignore[call-overload]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        reason = why(error)
        raise SinkError(f"cannot write {path}: {reason}: give another folder") from error
