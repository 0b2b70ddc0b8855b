"""Faces in a picture: a box, a number, what is read and how probable it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from device.drawing.shapes import Colour3, Picture, fill, shade
from device.drawing.text import letters
from device.drawing.words import capital, percent, word
from device.language import emotion_word
from device.palette import colour
from device.records import BoxXYXY, Reading

_BLACK, _WHITE = (14, 17, 21), (255, 255, 255)
_STILL: Colour3 = (150, 156, 164)


@dataclass(frozen=True)
class Place:
    """Where a picture of ``width_px`` lies in another one: its corner there, its scale.

    mirror: it is shown as a mirror does.
    """

    left: int
    top: int
    scale: float
    width_px: int
    mirror: bool

    def box(self, box: BoxXYXY) -> BoxXYXY:
        """Return where ``box`` comes to lie."""
        left, top, right, bottom = box
        if self.mirror:
            left, right = self.width_px - right, self.width_px - left
        at = [round(value * self.scale) for value in (left, top, right, bottom)]
        return at[0] + self.left, at[1] + self.top, at[2] + self.left, at[3] + self.top


def annotate(
    bgr: Picture, readings: Sequence[Reading], language: str, *, mirror: bool = False
) -> Picture:
    """Return a copy of ``bgr``, uint8 (height, width, 3), with each face marked.

    A face has a box in its emotion's colour, its number, the emotion's word in
    ``language`` and its probability; one that is a picture of a face is grey and says so.

    mirror: as a mirror shows it; what is written stays readable.
    """
    shown = np.asarray(cv2.flip(bgr, 1) if mirror else bgr.copy(), dtype=np.uint8)
    size_px = min(max(12, round(min(shown.shape[:2]) / 22)), 56)
    place = Place(0, 0, 1.0, shown.shape[1], mirror)
    mark_faces(shown, readings, language, place, size_px, bgr=True)
    return shown


def mark_faces(
    picture: Picture,
    readings: Sequence[Reading],
    language: str,
    place: Place,
    size_px: int,
    *,
    bgr: bool = False,
    bars: bool = False,
) -> None:
    """Mark each face in ``picture``, the largest last, so that it lies on top.

    size_px: of the letters. bgr: the order of the picture's colours.
    bars: draw the probabilities of each face into its box, where there is room.
    """
    for reading in sorted(readings, key=side_px):
        box = place.box(reading.face.box_xyxy)
        _outline(picture, box, _tone(reading, bgr), max(2, size_px // 7))
        if bars and not reading.face.still:
            _columns(picture, box, reading, size_px, bgr)
        _label(picture, box, reading, language, size_px, bgr)


def side_px(reading: Reading) -> float:
    """Return how large a face is: the side of a square of its box's area, in pixels."""
    left, top, right, bottom = reading.face.box_xyxy
    return math.sqrt((right - left) * (bottom - top))


def label(reading: Reading, language: str) -> str:
    """Return what stands at a face: ``1  Happy  97%``."""
    if reading.face.still:
        return f"{reading.face.id}  {word('still', language)}"
    name = capital(emotion_word(reading.emotion, language))
    return f"{reading.face.id}  {name}  {percent(reading.probability, language)}"


def ink_on(tone: Colour3) -> Colour3:
    """Return black or white, whichever is easier to read on ``tone`` (RGB)."""
    red, green, blue = ((value / 255) ** 2.2 for value in tone)
    # Where the contrast to black and to white is the same (WCAG 2.2).
    return _BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else _WHITE


def _tone(reading: Reading, bgr: bool) -> Colour3:
    tone = _STILL if reading.face.still else colour(reading.emotion)
    return tone[::-1] if bgr else tone


def _outline(picture: Picture, box: BoxXYXY, tone: Colour3, thickness: int) -> None:
    """A box with round corners, and a dark edge that sets it off from any picture."""
    left, top, right, bottom = box
    radius = max(2, min(right - left, bottom - top) // 12)
    for colour_, width in ((_BLACK, thickness + 2), (tone, thickness)):
        for begin, end in (
            ((left + radius, top), (right - radius, top)),
            ((left + radius, bottom), (right - radius, bottom)),
            ((left, top + radius), (left, bottom - radius)),
            ((right, top + radius), (right, bottom - radius)),
        ):
            cv2.line(picture, begin, end, colour_, width)
        for centre, start_deg in (
            ((left + radius, top + radius), 180),
            ((right - radius, top + radius), 270),
            ((right - radius, bottom - radius), 0),
            ((left + radius, bottom - radius), 90),
        ):
            cv2.ellipse(
                picture, centre, (radius, radius), start_deg, 0, 90, colour_, width, cv2.LINE_AA
            )


def _label(
    picture: Picture, box: BoxXYXY, reading: Reading, language: str, size_px: int, bgr: bool
) -> None:
    """What is read, above the box; inside of it where there is no room above."""
    text = label(reading, language)
    gap = max(2, size_px // 2)
    height = round(size_px * 1.5)
    width = min(letters().width(text, size_px, bold=True) + 2 * gap, picture.shape[1])
    left = min(max(0, box[0] - 1), picture.shape[1] - width)
    top = box[1] - height - 2
    if top < 0:
        top = max(0, box[1] + 3)
    tone = _tone(reading, bgr)
    fill_inside(picture, (left, top, left + width, top + height), tone, size_px // 3)
    ink = ink_on(tone[::-1] if bgr else tone)
    at = (left + gap, top + height // 2)
    letters().write(picture, text, at, size_px, ink, bold=True, width_px=width - gap)


def fill_inside(picture: Picture, box: BoxXYXY, tone: Colour3, radius_px: int) -> None:
    """Fill as much of a round box as lies in the picture."""
    left, top, right, bottom = box
    height, width = picture.shape[:2]
    fill(
        picture,
        (max(0, left), max(0, top), min(width, right), min(height, bottom)),
        tone,
        radius_px,
    )


def _columns(picture: Picture, box: BoxXYXY, reading: Reading, size_px: int, bgr: bool) -> None:
    """A small column for each probability, along the lower edge of the box."""
    names = list(reading.probabilities)
    edge = max(4, size_px // 3)
    left, right = max(0, box[0]) + edge, min(picture.shape[1], box[2]) - edge
    bottom = min(picture.shape[0], box[3]) - edge
    step = min((right - left) // len(names), size_px)
    height = min((box[3] - box[1]) // 4, 3 * size_px)
    if step < 4 or height < 8 or bottom - height < max(0, box[1]):
        return
    shade(
        picture,
        (left - 2, bottom - height - 2, left + step * len(names) + 1, bottom + 2),
        _BLACK,
        0.55,
    )
    for index, name in enumerate(names):
        tall = max(1, round(height * reading.probabilities[name]))
        tone = colour(name)[::-1] if bgr else colour(name)
        x = left + index * step
        cv2.rectangle(picture, (x, bottom - tall), (x + step - 2, bottom - 1), tone, cv2.FILLED)
