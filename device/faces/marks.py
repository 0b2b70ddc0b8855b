"""What the points of a face say of it: its tilt, its exact place, and that it is one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from device.faces.constellation import Constellation
from device.faces.finder import View
from device.faces.place import TILT_LIMIT_DEG, Place
from device.records import BoxXYXY, Grey

# What is usual for a face, and what is not: how far the points are from where the box that they
# lay has them, and how far that is from the cascade's, in sides of it and in powers of e.
_ASTRAY, _AWAY, _RESIZED = 0.05, 0.15, 0.25


class Found(Protocol):
    """Points (k, 2) in pixels of the frame, and how sure it is that they are a face's, 0-1."""

    @property
    def points(self) -> npt.NDArray[np.floating[Any]]:
        """Where they are."""

    @property
    def confidence(self) -> float:
        """How sure it is."""


# From a frame, the box of a face and its tilt to its points; None where nobody can say.
FindPoints = Callable[[Grey, BoxXYXY, float], Found | None]


class Marks:
    """Asks for the points of a face, and makes use of them.

    find: what finds them.
    names: what they are called, in their order.
    level: take the face's tilt from them.
    steady: take its place and size from them.
    blobs: take for no face what they say is none.

    Raises ValueError where the points are none of a face.
    """

    def __init__(
        self,
        find: FindPoints,
        names: Sequence[str],
        *,
        level: bool = True,
        steady: bool = True,
        blobs: bool = True,
    ) -> None:
        self._find = find
        self._constellation = Constellation(names)
        self.level = level
        self.steady = steady
        self.blobs = blobs

    def ask(self, view: View, place: Place) -> Place:
        """Return ``place`` as the points have it; ``sure`` is how sure they are.

        It is None beyond the edge of the picture, and where nobody can say.
        """
        found = None
        if view.holds(place):
            found = self._find(view.grey, place.box_xyxy, place.angle_deg)
        if found is None:
            return replace(place, sure=None)
        laid, astray = self._constellation.lay(found.points)
        asked = replace(place, sure=found.confidence * _likely(place, laid, astray))
        if not asked.clear:
            return asked
        if self.steady:
            asked = replace(asked, x=laid.x, y=laid.y, side=laid.side)
        if self.level and abs(laid.angle_deg) <= TILT_LIMIT_DEG:
            asked = replace(asked, angle_deg=laid.angle_deg)
        return asked

    def again(self, view: View, expected: Place) -> Place | None:
        """Return a known face where its points are by now; None where they are not clear.

        It takes a third of what the cascade does, and knows any tilt.
        """
        if not (self.level and self.steady):
            return None
        place = self.ask(view, expected)
        return place if place.clear and place.is_same_as(expected) else None

    def only_faces(self, view: View, found: Sequence[Place]) -> list[Place]:
        """Return what of the cascade's finds has the points of a face, as they have it."""
        asked = [self.ask(view, place) for place in found]
        return [place for place in asked if not self.refuses(place)]

    def refuses(self, place: Place) -> bool:
        """Tell whether what was asked about is no face."""
        return self.blobs and place.doubtful


def _likely(place: Place, laid: Place, astray: float) -> float:
    """Return how well the points lie to each other, and on what the cascade has found, 0-1."""
    away = math.hypot(laid.x - place.x, laid.y - place.y) / place.side
    resized = math.log(laid.size_ratio(place))
    odd = (astray / _ASTRAY) ** 2 + (away / _AWAY) ** 2 + (resized / _RESIZED) ** 2
    return math.exp(-odd / 2)
