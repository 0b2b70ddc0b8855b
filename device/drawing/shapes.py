"""The few shapes that pictures are drawn with. Colours are in the picture's own order."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from device.records import BoxXYXY, Grey

Picture = npt.NDArray[np.uint8]  # (height, width, 3)
Colour3 = tuple[int, int, int]


def mix(one: Colour3, other: Colour3, share: float) -> Colour3:
    """Return the colour that is ``other`` to ``share`` 0-1, and ``one`` for the rest."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def blend(picture: Picture, mask: Grey, at_xy: tuple[int, int], colour: Colour3) -> None:
    """Put ``colour`` over ``picture`` as far as ``mask`` covers it, uint8 (height, width).

    What lies outside of the picture is left out.
    """
    x, y = at_xy
    top, left = max(0, -y), max(0, -x)
    place = picture[max(0, y) : max(0, y + mask.shape[0]), max(0, x) : max(0, x + mask.shape[1])]
    mask = mask[top : top + place.shape[0], left : left + place.shape[1]]
    if mask.size:
        share = mask[..., np.newaxis].astype(np.uint16)
        # Share 255 is all: 256 steps make the division a shift.
        share = np.add(share, share >> 7, dtype=np.uint16)
        place[...] = (place * (256 - share) + np.array(colour, np.uint16) * share) >> 8


def paste(picture: Picture, rgba: npt.NDArray[np.uint8], at_xy: tuple[int, int]) -> None:
    """Put ``rgba``, uint8 (height, width, 4), over ``picture``; it has to lie inside."""
    x, y = at_xy
    place = picture[y : y + rgba.shape[0], x : x + rgba.shape[1]]
    share = rgba[..., 3:].astype(np.uint16)
    place[...] = (place * (255 - share) + rgba[..., :3] * share + 127) // 255


def fill(picture: Picture, box: BoxXYXY, colour: Colour3, radius_px: int = 0) -> None:
    """Fill a box, right and bottom excluded, with round corners."""
    left, top, right, bottom = box
    if right <= left or bottom <= top:
        return
    radius = min(radius_px, (right - left) // 2, (bottom - top) // 2)
    if radius <= 0:
        cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), colour, cv2.FILLED)
        return
    cv2.rectangle(picture, (left + radius, top), (right - radius - 1, bottom - 1), colour, -1)
    cv2.rectangle(picture, (left, top + radius), (right - 1, bottom - radius - 1), colour, -1)
    corner = _corner(radius)
    blend(picture, corner, (left, top), colour)
    blend(picture, corner[:, ::-1], (right - radius, top), colour)
    blend(picture, corner[::-1], (left, bottom - radius), colour)
    blend(picture, corner[::-1, ::-1], (right - radius, bottom - radius), colour)


def corners(picture: Picture, box: BoxXYXY, colour: Colour3, radius_px: int) -> None:
    """Make the corners of a box round: ``colour`` is what lies behind it."""
    left, top, right, bottom = box
    radius = min(radius_px, (right - left) // 2, (bottom - top) // 2)
    if radius > 0:
        outside = np.invert(_corner(radius))
        blend(picture, outside, (left, top), colour)
        blend(picture, outside[:, ::-1], (right - radius, top), colour)
        blend(picture, outside[::-1], (left, bottom - radius), colour)
        blend(picture, outside[::-1, ::-1], (right - radius, bottom - radius), colour)


def shade(picture: Picture, box: BoxXYXY, colour: Colour3, share: float) -> None:
    """Let ``colour`` cover a box, right and bottom excluded, to ``share`` 0-1."""
    left, top, right, bottom = box
    place = picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if place.size:
        flat = np.full_like(place, colour)
        cv2.addWeighted(flat, share, place, 1 - share, 0, dst=place)


@lru_cache(64)
def _corner(radius_px: int) -> Grey:
    """Return the upper left corner of a round box: coverage, uint8 (radius, radius)."""
    fine = 8
    side = radius_px * fine
    quarter = np.zeros((side, side), np.uint8)
    cv2.circle(quarter, (side, side), side, (255,), cv2.FILLED)
    small = cv2.resize(quarter, (radius_px, radius_px), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False)
