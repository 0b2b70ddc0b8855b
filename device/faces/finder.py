"""Finding faces in one picture with a Haar cascade (Viola & Jones 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.faces.cascade import load_cascade
from device.faces.place import Place, without_doubles
from device.preprocess import Matrix, cut, onto_square
from device.records import BoxXYXY, Grey

# A known face is brought to this size, whatever its own: so the search costs the same for all.
# The range of sizes is wider than what the cascade takes for one face. With a narrower one
# the size found depends on the size looked for, and creeps away from look to look.
_NEAR_PX = 33
_PATCH_PX = 56
_NEAR_SMALLEST, _NEAR_LARGEST = 0.75, 1.5
_NEAR_STEP = 1.1
_NEAR_NEIGHBOURS = 2
_LOOK_PX = 12
# A face is compared with what it was at this size, as far as so many pixels away.
_SAMPLE_PX = 16
_SAMPLE_REACH_PX = 4
_SAMPLE_ALIKE = 0.8
# A head, in sides of the box on its face.
_HEAD = 1.5
# How far a face may be tilted that a search for upright ones still finds.
_SOME_TILT_DEG = 15.0


class FaceFinder:
    """Finds frontal faces.

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
        scale_step: float = 1.15,
        neighbours: int = 3,
    ) -> None:
        self.cascade = load_cascade()
        self.width_px = width_px
        self.smallest = smallest
        self.scale_step = scale_step
        self.neighbours = neighbours

    def find(self, grey: Grey) -> list[BoxXYXY]:
        """Return the boxes of the faces in ``grey`` (height, width), the largest first."""
        return [place.box_xyxy for place in self.places(grey)]

    def places(self, grey: Grey) -> list[Place]:
        """Return the faces in ``grey`` with their tilts, the largest first."""
        return self.view(grey).largest_first()

    def view(self, grey: Grey) -> View:
        """Return ``grey``, uint8 (height, width), ready to be searched."""
        return View(self, grey)


class View:
    """One picture, in which faces are looked for in several ways.

    grey: uint8 (height, width).
    small: a copy of it that is no wider than the finder's ``width_px``, made once for all ways.
    by_xy: how many pixels of ``grey`` one of ``small`` is wide and high.
    """

    def __init__(self, finder: FaceFinder, grey: Grey) -> None:
        self._finder = finder
        self.grey = grey
        height, width = grey.shape
        shrink = min(1.0, finder.width_px / width)
        # A strip of a picture must not be shrunk to nothing.
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        self.by_xy = (width / size[0], height / size[1])
        self.small = grey
        if shrink < 1:
            small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
            self.small = small.astype(np.uint8, copy=False)

    def holds(self, place: Place) -> bool:
        """Tell whether the middle of ``place`` lies in the picture."""
        height, width = self.grey.shape
        return bool(0 <= place.x < width and 0 <= place.y < height)

    def everywhere(self, angle_deg: float = 0.0, known: Sequence[Place] = ()) -> list[Place]:
        """Return the faces in the whole picture that are tilted by about ``angle_deg``.

        known: faces that were found already, whose heads are left out.

        Each is looked at twice: a second look, at a size of its own, clears away most
        blobs, and measures a face as ``near`` will.
        """
        small = self._covered(known)
        found = (self._again(place) for place in self._candidates(small, angle_deg))
        return without_doubles([place for place in found if place is not None])

    def largest_first(self) -> list[Place]:
        """Return the faces in the whole picture, the largest first."""
        return sorted(self.everywhere(), key=lambda place: place.side, reverse=True)

    def _again(self, candidate: Place) -> Place | None:
        """Look again, and turned if there is nothing: the first look takes some tilt."""
        turns = [-_SOME_TILT_DEG, _SOME_TILT_DEG]
        return self.near(candidate) or self.near_turned(candidate, turns)

    def _covered(self, known: Sequence[Place]) -> Grey:
        """Return the small copy without these heads: the cascade's time goes to them."""
        if not known:
            return self.small
        covered = self.small.copy()
        by_x, by_y = self.by_xy
        for place in known:
            head = replace(place, side=_HEAD * place.side)
            left, top, right, bottom = (max(0, side) for side in head.box_xyxy)
            piece = covered[round(top / by_y) : round(bottom / by_y),
                           round(left / by_x) : round(right / by_x)]  # fmt: skip
            if piece.size:
                piece[...] = round(float(piece.mean()))
        return covered

    def _candidates(self, small: Grey, angle_deg: float) -> list[Place]:
        """Return what the cascade finds in ``small``, the small copy or a changed one."""
        finder = self._finder
        by_x, by_y = self.by_xy
        picture, matrix = small, np.diag([1 / by_x, 1 / by_y, 1.0])
        if angle_deg:
            height, width = self.grey.shape
            size_px = max(small.shape)
            scale = size_px / max(height, width)
            matrix = onto_square((width / 2, height / 2), angle_deg, scale, size_px)
            picture = cut(small, matrix @ np.diag([by_x, by_y, 1.0]), size_px)
        smallest = max(20, round(min(small.shape) * finder.smallest))
        found, hits = finder.cascade.detectMultiScale2(
            picture,
            scaleFactor=finder.scale_step,
            minNeighbors=finder.neighbours,
            minSize=(smallest, smallest),
        )
        back = np.linalg.inv(matrix)
        scale = float(np.hypot(matrix[0, 0], matrix[0, 1]))
        middles = [back @ (x + w / 2, y + h / 2, 1.0) for x, y, w, h in found]
        return [
            Place(float(middle[0]), float(middle[1]), box[2] / scale, angle_deg, int(count))
            for middle, box, count in zip(middles, found, np.ravel(hits), strict=True)
        ]

    def near(self, known: Place, turn_deg: float = 0.0) -> Place | None:
        """Return the face where one was a moment ago, of about that size; None: it is not there.

        turn_deg: look for a face that is tilted by so much more than it was.
        """
        angle_deg = known.angle_deg + turn_deg
        upright, matrix = self._upright(known, angle_deg, _PATCH_PX, _NEAR_PX / known.side)
        found, hits = self._finder.cascade.detectMultiScale2(
            upright,
            scaleFactor=_NEAR_STEP,
            minNeighbors=_NEAR_NEIGHBOURS,
            minSize=(round(_NEAR_PX * _NEAR_SMALLEST),) * 2,
            maxSize=(round(_NEAR_PX * _NEAR_LARGEST),) * 2,
        )
        if not len(found):
            return None
        counts = np.ravel(hits)
        best = int(np.argmax(counts))
        x, y, w, h = (int(value) for value in found[best])
        centre = np.linalg.solve(matrix, np.array([x + w / 2, y + h / 2, 1.0]))
        side = w * known.side / _NEAR_PX
        return Place(float(centre[0]), float(centre[1]), side, angle_deg, int(counts[best]))

    def near_turned(self, known: Place, turns_deg: list[float]) -> Place | None:
        """Return the best of what ``near`` finds by these turns."""
        found = [self.near(known, turn_deg) for turn_deg in turns_deg]
        return max(filter(None, found), key=lambda place: place.hits, default=None)

    def sample(self, place: Place) -> Grey:
        """Return a face as ``again`` looks for it: uint8 (16, 16)."""
        upright, _ = self._upright(place, place.angle_deg, _SAMPLE_PX, _SAMPLE_PX / place.side)
        return upright

    def again(
        self, expected: Place, sample: Grey, turn_deg: float = 0.0
    ) -> tuple[float, Place] | None:
        """Return where a face looks as it did a moment ago, and how alike, 0-1; None: nowhere near.

        sample: the face, as ``sample`` gave it. What is found is not ``checked``.
        turn_deg: look for it tilted by so much more than it was.

        A twentieth of the cost of ``near``, but it follows anything, and neither size nor
        tilt: the cascade has to look again soon.
        """
        size_px = _SAMPLE_PX + 2 * _SAMPLE_REACH_PX
        scale = _SAMPLE_PX / expected.side
        angle_deg = expected.angle_deg + turn_deg
        upright, matrix = self._upright(expected, angle_deg, size_px, scale)
        alike = cv2.matchTemplate(upright, sample, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(alike)
        inside = 0 < column < alike.shape[1] - 1 and 0 < row < alike.shape[0] - 1
        if not inside or best < _SAMPLE_ALIKE:
            return None
        x = column + _peak(alike[row, column - 1 : column + 2]) + _SAMPLE_PX / 2
        y = row + _peak(alike[row - 1 : row + 2, column]) + _SAMPLE_PX / 2
        middle = np.linalg.solve(matrix, np.array([x, y, 1.0]))
        return best, Place(float(middle[0]), float(middle[1]), expected.side, angle_deg)

    def look(self, place: Place) -> npt.NDArray[np.float32]:
        """Return what a face looks like, to tell it from others: float32 (12, 12) of 0-1."""
        double = 2 * _LOOK_PX
        upright, _ = self._upright(place, place.angle_deg, double, double / place.side)
        small = cv2.resize(upright, (_LOOK_PX, _LOOK_PX), interpolation=cv2.INTER_AREA)
        return np.asarray(small / 255.0, dtype=np.float32)

    def _upright(
        self, place: Place, angle_deg: float, size_px: int, scale: float
    ) -> tuple[Grey, Matrix]:
        """Return a square round ``place``, turned by ``angle_deg``, and the frame's matrix to it.

        scale: the square's pixels for each of the frame's.
        """
        matrix = onto_square((place.x, place.y), angle_deg, scale, size_px)
        # From the small copy, unless that has fewer pixels than are wanted.
        by_x, by_y = self.by_xy
        if scale * max(by_x, by_y) > 1:
            return cut(self.grey, matrix, size_px), matrix
        return cut(self.small, matrix @ np.diag([by_x, by_y, 1.0]), size_px), matrix


def _peak(values: npt.NDArray[Any]) -> float:
    """Return where between -0.5 and 0.5 the peak of three values lies: that of a parabola."""
    before, middle, after = (float(value) for value in values)
    bend = before - 2 * middle + after
    return max(-0.5, min(0.5, (before - after) / (2 * bend))) if bend < 0 else 0.0
