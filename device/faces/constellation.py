"""How the points of a face lie to each other, and so how a box lies on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from device.faces.place import Place

Points = npt.NDArray[np.floating[Any]]

# Where each point lies in the box that the cascade puts on an upright face, in sides of the
# box from its middle, right and down, and how far a face's own point is from there, once its
# box is laid by its points. From `python -m tests.benchmarks.constellation` on the training
# rows of a keypoints file.
_CONSTELLATION = {
    "left_eye_center": (+0.192, -0.096, 0.018),
    "right_eye_center": (-0.170, -0.096, 0.017),
    "left_eye_inner_corner": (+0.121, -0.093, 0.018),
    "left_eye_outer_corner": (+0.260, -0.098, 0.029),
    "right_eye_inner_corner": (-0.100, -0.092, 0.018),
    "right_eye_outer_corner": (-0.238, -0.099, 0.028),
    "left_eyebrow_inner_end": (+0.115, -0.212, 0.035),
    "left_eyebrow_outer_end": (+0.335, -0.189, 0.039),
    "right_eyebrow_inner_end": (-0.095, -0.212, 0.035),
    "right_eyebrow_outer_end": (-0.320, -0.190, 0.038),
    "nose_tip": (+0.019, +0.120, 0.063),
    "mouth_left_corner": (+0.159, +0.304, 0.037),
    "mouth_right_corner": (-0.134, +0.304, 0.034),
    "mouth_center_top_lip": (+0.017, +0.261, 0.032),
    "mouth_center_bottom_lip": (+0.018, +0.378, 0.031),
}
# Fewer known points than this lay no box.
_FEWEST = 4


class Constellation:
    """Lays a box by points of these names; others than the fifteen known ones say nothing.

    Raises ValueError where hardly one of them is known.
    """

    def __init__(self, names: Sequence[str]) -> None:
        known = [name in _CONSTELLATION for name in names]
        if sum(known) < _FEWEST:
            raise ValueError(f"points of a face are wanted, got {', '.join(names)}")
        rows = [_CONSTELLATION.get(name, (0.0, 0.0, math.inf)) for name in names]
        self._mean = np.array([row[:2] for row in rows])
        certainty = 1 / np.array([row[2] for row in rows]) ** 2
        self._weights = certainty / certainty.sum()

    def lay(self, points: Points) -> tuple[Place, float]:
        """Return the box, upright on the face, for points (k, 2) in pixels of a frame.

        Also returned is how far from where they should be the points lie in it, root mean
        square, in its sides.
        """
        place, apart = laid(points, self._mean, self._weights)
        square = self._weights @ (apart**2).sum(axis=1)
        return place, math.sqrt(square) / place.side


def laid(points: Points, mean: Points, weights: Points) -> tuple[Place, Points]:
    """Return the box that points lay, and how far each is from where it should be then.

    points: (k, 2), x right and y down, in pixels.
    mean: the same of a face in general, in sides of the box from its middle.
    weights: (k,), how much each point says; they sum to 1.

    Least squares over all moves, turns and scales (Umeyama 1991). Points are taken as complex
    numbers, for which a turn and a scale are one factor.
    """
    here, there = points @ np.array([1, 1j]), mean @ np.array([1, 1j])
    own, its = weights @ here, weights @ there
    spread = weights @ np.abs(there - its) ** 2
    factor = weights @ (np.conj(there - its) * (here - own)) / spread
    middle = own - factor * its
    apart = here - (factor * there + middle)
    angle_deg = math.degrees(math.atan2(factor.imag, factor.real))
    side = max(1e-9, float(abs(factor)))  # all points may lie in one
    place = Place(float(middle.real), float(middle.imag), side, angle_deg)
    return place, np.stack([apart.real, apart.imag], axis=1)
