"""Where a face lies in a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from device.records import BoxXYXY

# Faces that are tilted by more are not looked for.
TILT_LIMIT_DEG = 45.0
# From so sure on the points are those of a face. See the README for what it costs and brings.
_CLEAR = 0.6


@dataclass(frozen=True)
class Place:
    """A square on a face, in pixels of the frame.

    x, y: its centre.
    side: the length of a side, above 0.
    angle_deg: how far the face is tilted, clockwise as one sees it.
    hits: how many windows of the cascade agreed on it; 0: the cascade was not asked.
    sure: how sure the points of the face are that it is one, 0-1; None: they were not asked.
    """

    x: float
    y: float
    side: float
    angle_deg: float = 0.0
    hits: int = 0
    sure: float | None = None

    def moved_by(self, x: float, y: float) -> Place:
        """Return the same square, so many pixels further right and down."""
        return replace(self, x=self.x + x, y=self.y + y)

    @property
    def clear(self) -> bool:
        """Whether its points are those of a face."""
        return self.sure is not None and self.sure >= _CLEAR

    @property
    def doubtful(self) -> bool:
        """Whether its points were asked for, and are not those of a face."""
        return self.sure is not None and self.sure < _CLEAR

    @property
    def checked(self) -> bool:
        """Whether the cascade or its points say that it is a face, and not its look alone."""
        return self.hits > 0 or self.clear

    @property
    def box_xyxy(self) -> BoxXYXY:
        """Left, top, right and bottom of the square, were it not tilted; at least one pixel."""
        side = max(1, round(self.side))
        left, top = round(self.x - side / 2), round(self.y - side / 2)
        return left, top, left + side, top + side

    def distance(self, other: Place) -> float:
        """How far apart the centres are, in sides of the larger one."""
        return math.hypot(self.x - other.x, self.y - other.y) / max(self.side, other.side)

    def size_ratio(self, other: Place) -> float:
        """How many times larger the larger one is."""
        return max(self.side, other.side) / min(self.side, other.side)

    def is_same_as(self, other: Place) -> bool:
        """Tell whether both are two finds of one face: centres near, and about as large."""
        return self.distance(other) < 0.35 and self.size_ratio(other) < 1.8


def without_doubles(places: list[Place]) -> list[Place]:
    """Return ``places`` with the best of those that are one face, the best first.

    The points say more than any number of windows.
    """
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (place.clear, place.hits), reverse=True):
        if not any(place.is_same_as(other) for other in kept):
            kept.append(place)
    return kept
