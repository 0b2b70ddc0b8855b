"""Faces drawn by arithmetic, to try a model on: no picture of a person is kept for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import Grey

# Only + - * / and rounding: every machine draws the same pixels.
_Map = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Face:
    """What differs between two drawn faces; lengths in sides of the picture.

    smile: how far the corners of the mouth stand above its middle.
    open: how far the mouth is open.
    brows: how far the brows are raised.
    frown: how far the inner ends of the brows stand below the outer ones.
    eye: half the height of an eye.
    light: the grey level of the skin.
    """

    smile: float = 0.0
    open: float = 0.012
    brows: float = 0.0
    frown: float = 0.0
    eye: float = 0.03
    light: float = 170.0


_FACES = (
    _Face(),
    _Face(smile=0.12, open=0.045, eye=0.022),
    _Face(smile=-0.06, frown=-0.04),
    _Face(open=0.1, brows=0.05, eye=0.05, light=150),
    _Face(smile=-0.03, open=0.03, frown=0.06, brows=-0.02, light=120),
)


def draw_faces(side_px: int) -> Grey:
    """Return uint8 (faces, side_px, side_px): faces of several expressions, the same each time."""
    return np.stack([_draw(face, side_px) for face in _FACES])


def _draw(face: _Face, side_px: int) -> Grey:
    steps = (np.arange(side_px, dtype=np.float64) + 0.5) / side_px
    x, y = np.meshgrid(steps - 0.5, steps - 0.5)  # 0 in the middle, down and right
    picture = 70 + 60 * (y + 0.5)  # a wall that gets lighter
    # The head, lit from the left; then what lies on it, each of a grey level.
    picture = _over(picture, face.light - 60 * x - 25 * y, _ellipse(x, y, 0.42, 0.52))
    picture = _over(picture, 45.0, _ellipse(x, y + 0.5, 0.42, 0.15))  # hair
    picture = _over(picture, face.light - 35, _ellipse(x - 0.01, y - 0.08, 0.05, 0.07))  # nose
    for side in (-1, 1):
        across = side * x - 0.17  # from the middle of an eye outwards
        picture = _over(picture, 215.0, _ellipse(across, y + 0.1, 0.075, face.eye))
        picture = _over(picture, 35.0, _ellipse(across, y + 0.1, 0.03, face.eye))
        brow = y + 0.19 + face.brows + face.frown * across / 0.1
        picture = _over(picture, 50.0, _ellipse(across, brow, 0.1, 0.02))
    bent = y - 0.25 + face.smile * (x * x / 0.03 - 0.5)
    picture = _over(picture, 60.0, _ellipse(x, bent, 0.16, 0.012 + face.open))
    if face.smile > 0:
        picture = _over(picture, 220.0, _ellipse(x, bent, 0.13, face.open / 2))  # teeth
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8)


def _ellipse(x: _Map, y: _Map, half_width: float, half_height: float) -> _Map:
    """Return how much of each pixel lies in an ellipse about 0, 0 to 1, with a soft edge."""
    across, down = x / half_width, y / half_height
    return np.asarray(np.clip(1.5 * (1 - across * across - down * down) + 0.5, 0, 1))


def _over(picture: _Map, level: float | _Map, share: _Map) -> _Map:
    return np.asarray(picture + (level - picture) * share)
