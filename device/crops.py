"""The functional test of preprocessing: one picture of the face for each second of a video."""

from __future__ import annotations

import logging
import math
import threading
from pathlib import Path

import cv2

from device.errors import SinkError, why
from device.faces import FaceFinder, Marks, Place
from device.model import Model
from device.preprocess import crop_to_read
from device.records import Grey
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
        place = _largest(finder, frame.grey, marks) if now != second else None
        if place is not None:
            second = now
            crop = crop_to_read(
                frame.grey, place.box_xyxy, model.framing, model.side_px, angle_deg=place.angle_deg
            )
            _write_png(folder / f"image{count}.png", crop)
            count += 1
    if count:
        _remove_from(folder, count)
    return count


def _largest(finder: FaceFinder, grey: Grey, marks: Marks | None) -> Place | None:
    """Return the largest face in ``grey``, as its points have it; None where there is none."""
    view = finder.view(grey)
    for place in view.largest_first():
        faces = [place] if marks is None else marks.only_faces(view, [place])
        if faces:
            return faces[0]
    return None


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
