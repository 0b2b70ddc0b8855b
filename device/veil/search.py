"""Looking for faces so as to hide them: rather one too many than one too few."""

from __future__ import annotations

import cv2
import numpy as np

from device.config import FaceSettings
from device.faces import PROFILE, FaceFinder, load_cascade
from device.records import BoxXYXY, Grey

# What is searched is finer than for reading, and so are the faces that are found: a face too
# small to be read can still be known.
_WIDTH_PX = 480
_SMALLEST = 0.06
_NEIGHBOURS = 2
_LEAST_PX = 20
_TILT_DEG = 25.0


class Search:
    """Finds faces in each picture anew.

    Upright ones that look at the camera always, and in turns those that are tilted to one
    side, to the other, and those in profile that look to one side, to the other: who is found
    stays hidden for longer than a round of four pictures takes.

    settings: how faces are looked for when they are read; here it is done no less closely.

    Raises ConfigError where OpenCV has no cascades.
    """

    def __init__(self, settings: FaceSettings) -> None:
        self._finder = FaceFinder(
            width_px=max(_WIDTH_PX, settings.width_px),
            smallest=min(_SMALLEST, settings.smallest),
            scale_step=settings.scale_step,
            neighbours=min(_NEIGHBOURS, settings.neighbours),
        )
        self._profile = load_cascade(PROFILE)
        self._turn = 0

    def __call__(self, grey: Grey) -> list[BoxXYXY]:
        """Return the boxes of the faces in ``grey``, uint8 (height, width)."""
        view = self._finder.view(grey)
        places = view.everywhere()
        self._turn = (self._turn + 1) % 4
        if self._turn == 0:
            return [place.box_xyxy for place in places] + self._profiles(grey, mirror=False)
        if self._turn == 2:
            return [place.box_xyxy for place in places] + self._profiles(grey, mirror=True)
        tilt_deg = _TILT_DEG if self._turn == 1 else -_TILT_DEG
        places += view.everywhere(tilt_deg, known=places)
        return [place.box_xyxy for place in places]

    def _profiles(self, grey: Grey, *, mirror: bool) -> list[BoxXYXY]:
        """Return the boxes of faces that look to the picture's left; ``mirror``: to its right."""
        height, width = grey.shape
        shrink = min(1.0, self._finder.width_px / width)
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        if mirror:
            small = cv2.flip(small, 1)
        least = max(_LEAST_PX, round(min(size) * self._finder.smallest))
        found = self._profile.detectMultiScale(
            small, self._finder.scale_step, self._finder.neighbours, minSize=(least, least)
        )
        by_x, by_y = width / size[0], height / size[1]
        boxes = []
        for x, y, across, down in np.reshape(np.asarray(found, dtype=np.int64), (-1, 4)).tolist():
            left = round((size[0] - x - across if mirror else x) * by_x)
            top = round(y * by_y)
            boxes.append((left, top, left + round(across * by_x), top + round(down * by_y)))
        return boxes
