"""Looking for faces so as to hide them: rather one too many than one too few."""

from __future__ import annotations

import math

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
# The ways of looking that take turns: for heads on either side, and for profiles.
_WAYS = 4
_TILTS_DEG = {0: 25.0, 2: -25.0}
_MIRRORED = {1: True, 3: False}


class Search:
    """Finds faces in each picture anew.

    Upright ones that look at the camera always; in turns those that are tilted to one side, to
    the other, and those in profile that look to one side, to the other. A picture is looked at
    in one of these four ways, and in each whose finds are so old by now that they are forgotten:
    who stays is hidden, however seldom somebody looks.

    settings: how faces are looked for when they are read; here it is done no less closely.
    hold_s: so long, on the source's clock, what is found is known; 0: for that picture alone.

    Raises ConfigError where OpenCV has no cascades.
    """

    def __init__(self, settings: FaceSettings, *, hold_s: float) -> None:
        self._finder = FaceFinder(
            width_px=max(_WIDTH_PX, settings.width_px),
            smallest=min(_SMALLEST, settings.smallest),
            scale_step=settings.scale_step,
            neighbours=min(_NEIGHBOURS, settings.neighbours),
        )
        self._profile = load_cascade(PROFILE)
        self._hold_s = hold_s
        self._turn = 0
        self._done_s = [-math.inf] * _WAYS
        self._shape: tuple[int, ...] = ()

    def __call__(self, grey: Grey, time_s: float) -> list[BoxXYXY]:
        """Return the boxes of the faces in ``grey``, uint8 (height, width), of that time."""
        view = self._finder.view(grey)
        places = view.everywhere()
        profiles: list[BoxXYXY] = []
        due = self._due(grey.shape, time_s)
        for way in due:
            if way in _TILTS_DEG:
                places += view.everywhere(_TILTS_DEG[way], known=places)
            else:
                profiles += self._profiles(grey, mirror=_MIRRORED[way])
        for way in due:  # only now: what fails on the way has found nobody
            self._done_s[way] = time_s
        return [place.box_xyxy for place in places] + profiles

    def _due(self, shape: tuple[int, ...], time_s: float) -> list[int]:
        """Return in which ways a picture of this shape is to be looked at."""
        if shape != self._shape:  # what was found in others says nothing of it
            self._shape = shape
            self._done_s = [-math.inf] * _WAYS
        self._turn = (self._turn + 1) % _WAYS
        # From either side: the clock may have been set back.
        late = [abs(time_s - done_s) >= self._hold_s for done_s in self._done_s]
        return [way for way in range(_WAYS) if late[way] or way == self._turn]

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
