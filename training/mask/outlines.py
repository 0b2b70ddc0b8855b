"""Faces with their outlines: the polygon of jaw and brows of iBUG's 68 points."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.keypoints import Keypoints, Points, read_keypoints

# iBUG's order: along the jaw from the person's right ear to the left, then the brows, which
# run from right to left too: so back along these.
OUTLINE = np.array([*range(17), *range(26, 16, -1)])
# The person's own right and left eye, whose middles say which pictures are of one scene.
_EYES = {"right_eye_center": slice(36, 42), "left_eye_center": slice(42, 48)}
_POINTS = 68
# A pixel is cut into so many, each way, to tell how much of it a polygon covers.
_FINE = 4
# In 1/2**_SHIFT of these a corner is placed.
_SHIFT = 4

Coverage = npt.NDArray[np.float32]


def read_outlines(pictures: Path, outlines: Path) -> Keypoints:
    """Return pictures with their 68 points, and the middles of the eyes behind these.

    pictures: a CSV file with the column ``Image``, such as Kaggle's facial keypoints.
    outlines: one with 68 points of the same rows, in the same order and the same pixels.

    Raises DataError, naming the file, where one cannot be read, they do not fit together,
    or a point is missing.
    """
    images = read_keypoints(pictures).images
    if images is None:
        raise DataError(f"{pictures}: no column Image: give the file with the pictures")
    marked = read_keypoints(outlines)
    if len(marked.names) != _POINTS:
        raise DataError(f"{outlines}: {len(marked.names)} points: outlines are of iBUG's {_POINTS}")
    if len(marked) != len(images):
        raise DataError(
            f"{pictures} has {len(images):,} rows, {outlines} {len(marked):,}: give two files "
            "of the same rows"
        )
    lacking = np.isnan(marked.points).any(axis=(1, 2))
    if lacking.any():
        raise DataError(
            f"{outlines}: row {int(lacking.argmax()) + 1} lacks a point: each of the "
            f"{_POINTS} is needed"
        )
    eyes = [marked.points[:, part].mean(axis=1, keepdims=True) for part in _EYES.values()]
    points = np.concatenate([marked.points, *eyes], axis=1)
    return Keypoints((*marked.names, *_EYES), points, images)


def outline(points: Points) -> Points:
    """Return float32 (27, 2), the polygon of jaw and brows, of a face's points (68 or more, 2)."""
    polygon: Points = points[OUTLINE]
    return polygon


def coverage(polygon: Points, side: int, cells: int) -> Coverage:
    """Return float32 (cells, cells): how much of each cell of a picture ``polygon`` covers, 0-1.

    polygon: float32 (n, 2), in pixels of a picture of ``side``, whose first has its middle at 0.
    """
    fine = cells * _FINE
    drawn = np.zeros((fine, fine), np.uint8)
    corners = ((polygon + 0.5) * (fine / side) - 0.5) * 2**_SHIFT
    polygon_px = [np.round(corners).astype(np.int32)]
    cv2.fillPoly(drawn, polygon_px, (255,), cv2.LINE_8, _SHIFT)
    # OpenCV fills each pixel that the edge goes through: on the whole half of it is inside.
    cv2.polylines(drawn, polygon_px, isClosed=True, color=(128,), shift=_SHIFT)
    shrunk = cv2.resize(drawn, (cells, cells), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk / np.float32(255), dtype=np.float32)
