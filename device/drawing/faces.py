"""Faces in a picture: a box, a number, what is read and how probable it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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

    def tilt_deg(self, angle_deg: float) -> float:
        """Return how far what is tilted by ``angle_deg`` comes to be tilted."""
        return -angle_deg if self.mirror else angle_deg


def annotate(
    bgr: Picture, readings: Sequence[Reading], language: str, *, mirror: bool = False
) -> Picture:
    """Return a copy of ``bgr``, uint8 (height, width, 3), with each face marked.

    A face has a box in its emotion's colour, tilted as the face is, its number, the emotion's
    word in ``language`` and its probability; one that is a picture of a face is grey and says so.

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
    bars: draw the probabilities of each face under its box, where there is room.
    """
    marks: list[tuple[Reading, BoxXYXY, BoxXYXY]] = []
    for reading in sorted(readings, key=side_px, reverse=True):
        box, tilt_deg = place.box(reading.face.box_xyxy), place.tilt_deg(reading.face.angle_deg)
        (_, top, right, bottom), left = _around(box, tilt_deg)
        around, taken = (left, top, right, bottom), [where for _, _, where in marks]
        where = _label_box(picture, around, reading, language, size_px, taken)
        marks.append((reading, box, where))
    for reading, box, _ in reversed(marks):
        tilt_deg = place.tilt_deg(reading.face.angle_deg)
        _outline(picture, box, tilt_deg, _tone(reading, bgr), max(2, size_px // 7))
        if bars and not reading.face.still:
            _columns(picture, _around(box, tilt_deg)[0], reading, size_px, bgr)
    for reading, _, where in reversed(marks):
        _label(picture, where, reading, language, size_px, bgr)


def side_px(reading: Reading) -> float:
    """Return how large a face is: the side of a square of its box's area, in pixels."""
    return math.sqrt(reading.face.area_px)


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


def _turned(box: BoxXYXY, tilt_deg: float) -> Callable[[float, float], tuple[int, int]]:
    """Return what brings a point to where it lies once ``box`` is turned round its middle."""
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    across, down = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))

    def turned(x: float, y: float) -> tuple[int, int]:
        x_away, y_away = x - middle_x, y - middle_y
        return (
            round(middle_x + across * x_away - down * y_away),
            round(middle_y + down * x_away + across * y_away),
        )

    return turned


def _around(box: BoxXYXY, tilt_deg: float) -> tuple[BoxXYXY, int]:
    """Return what holds ``box`` once it is turned, and where its upper left corner is then."""
    turned = _turned(box, tilt_deg)
    xs, ys = zip(*(turned(x, y) for y in box[1::2] for x in box[::2]), strict=True)
    return (min(xs), min(ys), max(xs), max(ys)), xs[0]


def _outline(
    picture: Picture, box: BoxXYXY, tilt_deg: float, tone: Colour3, thickness: int
) -> None:
    """A box with round corners, and a dark edge that sets it off from any picture.

    tilt_deg: how far it is turned round its middle, clockwise.
    """
    left, top, right, bottom = box
    radius = max(2, min(right - left, bottom - top) // 12)
    turned = _turned(box, tilt_deg)
    line = cv2.LINE_AA if tilt_deg else cv2.LINE_8  # which is crisper where it is straight
    for colour_, width in ((_BLACK, thickness + 2), (tone, thickness)):
        for begin, end in (
            ((left + radius, top), (right - radius, top)),
            ((left + radius, bottom), (right - radius, bottom)),
            ((left, top + radius), (left, bottom - radius)),
            ((right, top + radius), (right, bottom - radius)),
        ):
            cv2.line(picture, turned(*begin), turned(*end), colour_, width, line)
        for centre, start_deg in (
            ((left + radius, top + radius), 180),
            ((right - radius, top + radius), 270),
            ((right - radius, bottom - radius), 0),
            ((left + radius, bottom - radius), 90),
        ):
            cv2.ellipse(
                picture, turned(*centre), (radius, radius), start_deg + tilt_deg, 0, 90,
                colour_, width, cv2.LINE_AA,
            )  # fmt: skip


def _label_box(
    picture: Picture,
    box: BoxXYXY,
    reading: Reading,
    language: str,
    size_px: int,
    taken: Sequence[BoxXYXY],
) -> BoxXYXY:
    """Return where a face's label goes: above its box, or where that is taken, inside or below."""
    height = round(size_px * 1.5)
    text = label(reading, language)
    width = letters().width(text, size_px, bold=True) + 2 * max(2, size_px // 2)
    width = min(width, picture.shape[1])
    left = min(max(0, box[0] - 1), picture.shape[1] - width)
    places = [
        (left, top, left + width, top + height)
        for top in (box[1] - height - 2, box[1] + 3, box[3] + 2, box[3] - height - 2)
        if 0 <= top <= picture.shape[0] - height
    ]
    free = [place for place in places if not any(_meet(place, other) for other in taken)]
    return (free or places or [(left, 0, left + width, height)])[0]


def _meet(one: BoxXYXY, other: BoxXYXY) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _label(
    picture: Picture, box: BoxXYXY, reading: Reading, language: str, size_px: int, bgr: bool
) -> None:
    """What is read, in ``box``."""
    tone = _tone(reading, bgr)
    fill(picture, _inside(picture, box), tone, size_px // 3)
    ink = ink_on(tone[::-1] if bgr else tone)
    gap = max(2, size_px // 2)
    at = (box[0] + gap, (box[1] + box[3]) // 2)
    text, room = label(reading, language), box[2] - box[0] - gap
    letters().write(picture, text, at, size_px, ink, bold=True, width_px=room)


def _inside(picture: Picture, box: BoxXYXY) -> BoxXYXY:
    height, width = picture.shape[:2]
    return max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])


def _columns(picture: Picture, box: BoxXYXY, reading: Reading, size_px: int, bgr: bool) -> None:
    """A small column for each probability, under the box; in it where there is no room."""
    edge = max(3, size_px // 4)
    left, _, right, bottom = _inside(picture, box)
    step = min((right - left - 2 * edge) // len(reading.probabilities), size_px)
    height = min((box[3] - box[1]) // 4, 2 * size_px)
    if step < 5 or height < 8:
        return
    bottom += height + 3 * edge
    if bottom + edge > picture.shape[0]:
        bottom = min(box[3], picture.shape[0]) - 2 * edge
    width = step * len(reading.probabilities) - 1
    left += (right - left - width) // 2
    ground = (left - edge, bottom - height - edge, left + width + edge, bottom + edge)
    shade(picture, ground, _BLACK, 0.6)
    for index, (name, probability) in enumerate(reading.probabilities.items()):
        tall = max(1, round(height * probability))
        x = left + index * step
        tone = colour(name)[::-1] if bgr else colour(name)
        fill(picture, (x, bottom - tall, x + step - 1, bottom), tone)
