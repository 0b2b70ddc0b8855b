"""What the points of a face say of it: its tilt, its exact place, and that it is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from device.faces.constellation import Constellation
from device.faces.finder import View
from device.faces.place import Place
from device.records import BoxXYXY, Grey


class Found(Protocol):
    """Points (k, 2) in pixels of the frame, and how sure it is that they are a face's, 0-1."""

    @property
    def points(self) -> npt.NDArray[np.floating[Any]]:
        """Where they are."""

    @property
    def confidence(self) -> float:
        """How sure it is."""


# From a frame, the box of a face and its tilt to its points.
FindPoints = Callable[[Grey, BoxXYXY, float], Found]


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
        """Return ``place`` as the points have it; ``sure`` is how sure they are."""
        if not view.holds(place):
            return place
        found = self._find(view.grey, place.box_xyxy, place.angle_deg)
        asked = replace(place, sure=found.confidence)
        if not asked.clear:
            return asked
        laid = self._constellation.lay(found.points)
        if self.steady:
            asked = replace(asked, x=laid.x, y=laid.y, side=laid.side)
        if self.level:
            asked = replace(asked, angle_deg=laid.angle_deg)
        return asked

    def again(self, view: View, expected: Place) -> Place | None:
        """Return a known face where its points are by now; None where they are not clear.

        It takes a third of what the cascade does, and knows any tilt.
        """
        if not (self.level and self.steady):
            return None
        place = self.ask(view, expected)
        return replace(place, hits=1) if place.clear and place.is_same_as(expected) else None

    def refuses(self, place: Place) -> bool:
        """Tell whether what was asked about is no face."""
        return self.blobs and place.doubtful
