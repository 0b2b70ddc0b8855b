"""Faces for emotions: ours, drawn. Each has its emotion's colour and an expression of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from device.drawing.shapes import Colour3, mix
from device.palette import colour
from device.records import UNCERTAIN

RGBA = npt.NDArray[np.uint8]  # (side, side, 4)
NOBODY = "nobody"

Point = tuple[float, float]

_BLACK, _WHITE = (16, 14, 22), (255, 255, 255)
# The palette's grey for uncertain is too dark for a face on a dark ground.
_TONES: dict[str, Colour3] = {NOBODY: (112, 126, 150), UNCERTAIN: (124, 120, 128)}
_TONGUE = (240, 104, 112)
_TEAR = (188, 232, 255)
# Drawn so many times as large and shrunk, unless that would take too long.
_FINE, _LARGEST_PX = 4, 640


def emoji(emotion: str, side_px: int) -> RGBA:
    """Return the face of ``emotion``, uint8 RGBA (side_px, side_px, 4).

    emotion: a name, ``UNCERTAIN``, or "nobody", which is a face asleep. A name that is
        not known has a plain face in its own colour.

    The picture is shared: copy it before changing it. Raises ValueError for a side below 1.
    """
    if side_px < 1:
        raise ValueError(f"an emoji's side is at least 1 pixel, got {side_px}")
    return _drawn(emotion, side_px)


@lru_cache(64)
def _drawn(emotion: str, side_px: int) -> RGBA:
    fine = min(_FINE, max(1, _LARGEST_PX // side_px))
    tone = _TONES.get(emotion) or colour(emotion)
    paper = _Paper(side_px * fine, tone)
    _EXPRESSIONS.get(emotion, _neutral)(paper)
    rgba = paper.rgba(side_px)
    rgba.setflags(write=False)
    return rgba


class _Paper:
    """A round face without an expression, from -1 to 1 in both directions, y downwards."""

    def __init__(self, side_px: int, tone: Colour3) -> None:
        self._half = side_px / 2
        self.tone = tone
        self.ink = mix(tone, _BLACK, 0.86)
        self._rgb = np.empty((side_px, side_px, 3), np.uint8)
        light, deep = mix(tone, _WHITE, 0.22), mix(tone, _BLACK, 0.12)
        down = np.linspace(0, 1, side_px)[:, np.newaxis, np.newaxis]
        self._rgb[...] = np.array(light) + (np.array(deep) - np.array(light)) * down
        self._alpha = np.zeros((side_px, side_px), np.uint8)
        self._disc()

    def _disc(self) -> None:
        """The face: a disc with a darker edge, which also sets it off from a light ground."""
        self.oval((0, 0), 0.955, 0.955, mix(self.tone, _BLACK, 0.4), edge=0.055)
        cv2.circle(
            self._alpha, self._at((0, 0)), self._length(0.98), (255,), cv2.FILLED, cv2.LINE_AA
        )

    def _at(self, point: Point) -> tuple[int, int]:
        return round((point[0] + 1) * self._half), round((point[1] + 1) * self._half)

    def _length(self, length: float) -> int:
        return max(1, round(length * self._half))

    def oval(
        self, at: Point, across: float, down: float, tone: Colour3, *, edge: float = 0.0,
        tilt_deg: float = 0.0,
    ) -> None:  # fmt: skip
        """An ellipse by its half axes, filled, or its line of the width ``edge`` alone."""
        axes = (self._length(across), self._length(down))
        thickness = self._length(edge) if edge else cv2.FILLED
        cv2.ellipse(self._rgb, self._at(at), axes, tilt_deg, 0, 360, tone, thickness, cv2.LINE_AA)

    def line(self, points: Sequence[Point], width: float, tone: Colour3 | None = None) -> None:
        """A smooth line with round ends through ``points``."""
        path = np.array([self._at(point) for point in smooth(points)], np.int32)
        tone = tone or self.ink
        thickness = self._length(width)
        cv2.polylines(self._rgb, [path], False, tone, thickness, cv2.LINE_AA)
        for end in (path[0], path[-1]):
            centre = (int(end[0]), int(end[1]))
            cv2.circle(self._rgb, centre, thickness // 2, tone, cv2.FILLED, cv2.LINE_AA)

    def area(self, points: Sequence[Point], tone: Colour3 | None = None) -> None:
        """A filled area with a smooth outline through ``points``."""
        path = np.array([self._at(point) for point in smooth([*points, points[0]])], np.int32)
        cv2.fillPoly(self._rgb, [path], tone or self.ink, cv2.LINE_AA)

    def within(self, points: Sequence[Point], draw: Callable[[], None]) -> None:
        """Let ``draw`` change only what lies in the area through ``points``."""
        path = np.array([self._at(point) for point in smooth([*points, points[0]])], np.int32)
        mask = np.zeros(self._alpha.shape, np.uint8)
        cv2.fillPoly(mask, [path], (255,))
        before = self._rgb.copy()
        draw()
        np.copyto(self._rgb, before, where=mask[..., np.newaxis] == 0)

    def glow(self, at: Point, across: float, down: float, tone: Colour3, share: float) -> None:
        """A soft spot."""
        axes, soft = (self._length(across), self._length(down)), self._length(across * 0.7)
        x, y = self._at(at)
        left, top = max(0, x - axes[0] - soft), max(0, y - axes[1] - soft)
        place = self._rgb[top : y + axes[1] + soft, left : x + axes[0] + soft]
        mask = np.zeros(place.shape[:2], np.float32)
        cv2.ellipse(mask, (x - left, y - top), axes, 0, 0, 360, (share,), cv2.FILLED)
        softened = cv2.blur(mask, (soft, soft), borderType=cv2.BORDER_CONSTANT)[..., np.newaxis]
        place[...] = place + (np.array(tone, np.float32) - place) * softened

    def rgba(self, side_px: int) -> RGBA:
        """The face at its final size."""
        whole = np.dstack([self._rgb, self._alpha])
        return np.ascontiguousarray(
            cv2.resize(whole, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )


def smooth(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """Return a smooth path through ``points`` (Catmull and Rom 1974); two make a straight line.

    Where the first is the last as well, it is closed, and smooth there too.
    """
    closed = len(points) > 2 and points[0] == points[-1]
    before = points[-2] if closed else points[0]
    after = points[1] if closed else points[-1]
    padded = np.array([before, *points, after], float)
    path: list[Point] = []
    for p, q, r, s in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for t in np.linspace(0, 1, steps, endpoint=False):
            x, y = 0.5 * (
                2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2
                + (3 * q - p - 3 * r + s) * t**3
            )  # fmt: skip
            path.append((float(x), float(y)))
    return [*path, (float(padded[-2][0]), float(padded[-2][1]))]


def arc(at: Point, across: float, down: float, begin_deg: float, end_deg: float) -> list[Point]:
    """Return points on an ellipse; 0 degrees is right, 90 below."""
    angles = np.radians(np.linspace(begin_deg, end_deg, 9))
    return [(at[0] + across * math.cos(a), at[1] + down * math.sin(a)) for a in angles]


def _mirrored(points: Sequence[Point]) -> list[Point]:
    return [(-x, y) for x, y in points]


def _eyes(paper: _Paper, *, y: float = -0.14, across: float = 0.115, down: float = 0.165) -> None:
    """Two plain eyes with a glint."""
    for x in (-0.34, 0.34):
        paper.oval((x, y), across, down, paper.ink)
        paper.oval((x + 0.035, y - down * 0.42), 0.036, 0.042, _WHITE)


def _wide_eyes(paper: _Paper, *, pupil: float, y: float = -0.16, side: float = 0.25) -> None:
    """Two eyes torn open."""
    for x in (-0.36, 0.36):
        paper.oval((x, y), side, side * 1.12, _WHITE)
        paper.oval((x, y), side, side * 1.12, paper.ink, edge=0.05)
        paper.oval((x * 0.94, y + 0.02), pupil, pupil, paper.ink)


def _brows(paper: _Paper, points: Sequence[Point], width: float = 0.1) -> None:
    """The left brow through ``points``, and the right one like it."""
    paper.line(points, width)
    paper.line(_mirrored(points), width)


def _happy(paper: _Paper) -> None:
    for x in (-0.36, 0.36):
        paper.line(arc((x, -0.1), 0.17, 0.2, 192, 348), 0.105)
        paper.glow((x * 1.72, 0.2), 0.15, 0.11, (255, 120, 60), 0.55)
    mouth = [*arc((0, 0.16), 0.56, 0.5, 0, 180), (-0.5, 0.1), (0, 0.16), (0.5, 0.1)]
    paper.area(mouth)

    def inside() -> None:
        paper.oval((0, 0.66), 0.3, 0.2, _TONGUE)
        paper.area(
            [(-0.5, 0.05), (0, 0.11), (0.5, 0.05), (0.46, 0.25), (0, 0.31), (-0.46, 0.25)], _WHITE
        )

    paper.within(mouth, inside)


def _sad(paper: _Paper) -> None:
    _eyes(paper, y=-0.06, across=0.11, down=0.15)
    _brows(paper, [(-0.58, -0.3), (-0.38, -0.39), (-0.2, -0.52)], 0.085)
    paper.line(arc((0, 0.66), 0.36, 0.26, 205, 335), 0.105)
    drop = [(0.42, 0.12), (0.52, 0.32), (0.5, 0.44), (0.42, 0.49), (0.34, 0.44), (0.32, 0.32)]
    paper.area(drop, _TEAR)


def _angry(paper: _Paper) -> None:
    paper.glow((0, -0.5), 0.7, 0.3, mix(paper.tone, (150, 0, 0), 0.8), 0.55)
    _eyes(paper, y=-0.06, across=0.12, down=0.15)
    # Lids as low as the brows: only the lower part of the eye looks out.
    _brows(paper, [(-0.62, -0.36), (-0.4, -0.26), (-0.14, -0.1)], 0.15)
    mouth = [(-0.4, 0.56), (-0.3, 0.4), (0, 0.33), (0.3, 0.4), (0.4, 0.56), (0, 0.51)]
    paper.area(mouth)
    paper.line([*mouth, mouth[0]], 0.07)

    def teeth() -> None:
        paper.area(
            [(-0.36, 0.52), (-0.28, 0.41), (0, 0.35), (0.28, 0.41), (0.36, 0.52), (0, 0.49)], _WHITE
        )
        for x in (-0.18, 0.0, 0.18):
            paper.line([(x, 0.3), (x * 1.05, 0.56)], 0.028)

    paper.within(mouth, teeth)


def _disgust(paper: _Paper) -> None:
    for side in (-1, 1):
        # Eyes pressed together, towards the nose.
        paper.line([(side * 0.54, -0.24), (side * 0.2, -0.1), (side * 0.52, 0.0)], 0.09)
    _brows(paper, [(-0.6, -0.42), (-0.38, -0.42), (-0.16, -0.32)], 0.085)
    paper.line([(-0.09, 0.1), (0, 0.06), (0.09, 0.1)], 0.05)
    tongue = [(-0.02, 0.42), (0.36, 0.4), (0.38, 0.6), (0.28, 0.76), (0.12, 0.78), (0.0, 0.64)]
    paper.area(tongue, _TONGUE)
    paper.line([(0.18, 0.46), (0.18, 0.62)], 0.035, mix(_TONGUE, _BLACK, 0.3))
    paper.line(
        [(-0.46, 0.5), (-0.28, 0.38), (-0.08, 0.44), (0.14, 0.42), (0.32, 0.38), (0.48, 0.44)], 0.1
    )


def _fear(paper: _Paper) -> None:
    paper.glow((0, -0.72), 0.8, 0.26, (90, 80, 190), 0.75)
    _wide_eyes(paper, pupil=0.075, y=-0.12, side=0.24)
    _brows(paper, [(-0.64, -0.44), (-0.44, -0.54), (-0.2, -0.64)], 0.08)
    mouth = [
        (-0.4, 0.58), (-0.34, 0.42), (-0.2, 0.47), (-0.07, 0.41), (0.07, 0.47), (0.2, 0.41),
        (0.34, 0.45), (0.4, 0.58), (0.28, 0.66), (0.14, 0.6), (0, 0.66), (-0.14, 0.6),
        (-0.28, 0.66),
    ]  # fmt: skip
    paper.line([*mouth, mouth[0]], 0.07)
    paper.area(mouth, _WHITE)
    paper.line([(-0.36, 0.53), (0.36, 0.53)], 0.03)
    drop = [(0.74, -0.34), (0.82, -0.16), (0.8, -0.08), (0.74, -0.05), (0.68, -0.08), (0.66, -0.16)]
    paper.area(drop, _TEAR)


def _surprise(paper: _Paper) -> None:
    _wide_eyes(paper, pupil=0.12, y=-0.16, side=0.22)
    for x in (-0.36, 0.36):
        paper.oval((x * 0.94 + 0.04, -0.19), 0.036, 0.04, _WHITE)
    _brows(paper, [(-0.56, -0.58), (-0.38, -0.68), (-0.2, -0.62)], 0.085)
    paper.oval((0, 0.5), 0.2, 0.27, paper.ink)
    paper.oval((0, 0.63), 0.13, 0.11, _TONGUE)


def _neutral(paper: _Paper) -> None:
    _eyes(paper)
    paper.line([(-0.32, 0.42), (0.32, 0.42)], 0.1)


def _uncertain(paper: _Paper) -> None:
    for x in (-0.34, 0.34):
        paper.oval((x, -0.12), 0.2, 0.2, _WHITE)
        paper.oval((x + 0.07, -0.19), 0.1, 0.1, _BLACK)
    paper.line([(-0.56, -0.42), (-0.36, -0.46), (-0.16, -0.4)], 0.085)
    paper.line([(0.14, -0.52), (0.36, -0.66), (0.58, -0.56)], 0.085)
    paper.line([(-0.3, 0.5), (-0.12, 0.42), (0.06, 0.46), (0.3, 0.32)], 0.095)


def _nobody(paper: _Paper) -> None:
    for x in (-0.38, 0.34):
        paper.line(arc((x, -0.02), 0.18, 0.15, 15, 165), 0.09)
    paper.oval((-0.02, 0.46), 0.1, 0.12, paper.ink)
    pale = mix(paper.tone, _WHITE, 0.85)
    for x, y, size, width in ((0.06, -0.4, 0.085, 0.05), (0.38, -0.56, 0.14, 0.075)):
        corners = [(x - size, y - size), (x + size, y - size), (x - size, y + size)]
        for begin, end in zip(corners, [*corners[1:], (x + size, y + size)], strict=True):
            paper.line([begin, end], width, pale)


_EXPRESSIONS: dict[str, Callable[[_Paper], None]] = {
    "angry": _angry,
    "disgust": _disgust,
    "fear": _fear,
    "happy": _happy,
    "sad": _sad,
    "surprise": _surprise,
    "neutral": _neutral,
    UNCERTAIN: _uncertain,
    NOBODY: _nobody,
}
