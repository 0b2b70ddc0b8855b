"""Where the faces are, and which face is which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from device.errors import ConfigError
from device.records import BoxXYXY, Face, Grey

# Debian's opencv-data, for an OpenCV that comes without cascades of its own.
_DEBIAN_CASCADES = Path("/usr/share/opencv4/haarcascades")
CASCADE = "haarcascade_frontalface_default.xml"


def cascade_path() -> Path:
    """Return the frontal face cascade that this OpenCV can use.

    Raises ConfigError where there is none.
    """
    folders = [_DEBIAN_CASCADES]
    if hasattr(cv2, "data"):
        folders.insert(0, Path(cv2.data.haarcascades))
    for folder in folders:
        if (folder / CASCADE).is_file():
            return folder / CASCADE
    raise ConfigError(f"{CASCADE} not found in {folders[0]}: install the package opencv-data")


def _load_cascade(path: Path) -> cv2.CascadeClassifier:
    if not hasattr(cv2, "CascadeClassifier"):
        raise ConfigError(
            f"OpenCV {cv2.__version__} has no CascadeClassifier: install a 4.x version"
        )
    try:
        cascade = cv2.CascadeClassifier(str(path))
    except (cv2.error, SystemError) as error:  # OpenCV raises either for broken XML
        raise ConfigError(f"the cascade {path} is damaged: install OpenCV anew") from error
    if cascade.empty():
        raise ConfigError(f"the cascade {path} is empty: install OpenCV anew")
    return cascade


class FaceFinder:
    """Finds frontal faces with a Haar cascade (Viola & Jones 2001).

    width_px: pictures wider than this are searched in a copy of this width;
    the time that it takes grows with the square of it.
    smallest: the smallest face that is looked for, as a share of the shorter
    side of the picture.

    Raises ConfigError where OpenCV has no cascade.
    """

    def __init__(
        self,
        *,
        width_px: int = 320,
        smallest: float = 0.15,
        scale_step: float = 1.1,
        neighbours: int = 5,
    ) -> None:
        self._cascade = _load_cascade(cascade_path())
        self._width_px = width_px
        self._smallest = smallest
        self._scale_step = scale_step
        self._neighbours = neighbours

    def find(self, grey: Grey) -> list[BoxXYXY]:
        """Return the boxes of the faces in ``grey`` (height, width), the largest first."""
        height, width = grey.shape
        shrink = min(1.0, self._width_px / width)
        # A strip of a picture must not be shrunk to nothing.
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if shrink < 1 else grey
        smallest = max(20, round(min(size) * self._smallest))
        found = self._cascade.detectMultiScale(
            small,
            scaleFactor=self._scale_step,
            minNeighbors=self._neighbours,
            minSize=(smallest, smallest),
        )
        boxes = [_enlarged(box, width / size[0], height / size[1]) for box in found]
        return sorted(boxes, key=_area, reverse=True)


def _enlarged(box_xywh: Sequence[int], by_x: float, by_y: float) -> BoxXYXY:
    x, y, w, h = (int(value) for value in box_xywh)
    return round(x * by_x), round(y * by_y), round((x + w) * by_x), round((y + h) * by_y)


def _area(box: BoxXYXY) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


class FaceTracker:
    """Gives each face a number and keeps it while the face stays about where it is.

    A box is the face whose last box has its centre nearest, if that is within
    ``reach`` of the larger box's side; a face that was not seen for
    ``forget_s`` seconds is forgotten, and its number is not used again.
    """

    def __init__(self, *, reach: float = 1.2, forget_s: float = 3.0) -> None:
        self._reach = reach
        self._forget_s = forget_s
        self._next_id = 1
        self._known: dict[int, tuple[BoxXYXY, float]] = {}

    def known(self, time_s: float) -> list[int]:
        """Return the numbers of the faces that are not forgotten at ``time_s``."""
        return [
            face_id
            for face_id, (_, seen_s) in self._known.items()
            if abs(time_s - seen_s) <= self._forget_s
        ]

    def update(self, boxes: list[BoxXYXY], time_s: float) -> list[Face]:
        """Return the faces in ``boxes``, seen at ``time_s`` on the source's clock."""
        self._known = {face_id: self._known[face_id] for face_id in self.known(time_s)}
        pairs = sorted(
            (distance, face_id, index)
            for face_id, (known, _) in self._known.items()
            for index, box in enumerate(boxes)
            if (distance := _distance(known, box)) <= self._reach
        )
        ids: dict[int, int] = {}
        for _, face_id, index in pairs:
            if index not in ids and face_id not in ids.values():
                ids[index] = face_id
        for index, box in enumerate(boxes):
            if index not in ids:
                ids[index] = self._next_id
                self._next_id += 1
            self._known[ids[index]] = (box, time_s)
        return sorted((Face(ids[i], box) for i, box in enumerate(boxes)), key=lambda f: f.id)


def _distance(one: BoxXYXY, other: BoxXYXY) -> float:
    """Return how far two boxes' centres are apart, in sides of the larger box."""
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    down = (one[1] + one[3] - other[1] - other[3]) / 2
    side = max(one[2] - one[0], other[2] - other[0])
    return float(np.hypot(across, down)) / side
