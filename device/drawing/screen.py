"""The whole screen: from a scene and a look to a picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from cv2.typing import MatLike

from device.drawing import parts
from device.drawing.emoji import NOBODY
from device.drawing.faces import Place, mark_faces
from device.drawing.layout import Area, Sheet
from device.drawing.parts import DIM, GROUND
from device.drawing.scene import Look, Scene, View
from device.drawing.shapes import Picture, corners
from device.drawing.statistics import draw_statistics
from device.drawing.text import letters
from device.drawing.words import capital, word
from device.language import emotion_word
from device.records import Colour, Grey

# Below this the letters would be too small: it is drawn larger and shrunk.
_LEAST_PX = 240
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_NO_PICTURE_ASPECT = 4 / 3


def draw(scene: Scene, size_px: tuple[int, int], look: Look) -> Picture:
    """Return what ``scene`` looks like on a screen, uint8 RGB (height, width, 3).

    size_px: the screen's width and height, as it hangs: a drawing that is turned by 90
        degrees is laid out for an upright one.

    Raises ValueError for a size without an area.
    """
    if min(size_px) < 1:
        raise ValueError(f"a screen has a width and a height, got {size_px}")
    width, height = size_px if look.rotate_deg % 180 == 0 else size_px[::-1]
    enlarge = max(1.0, _LEAST_PX / min(width, height))
    sheet = Sheet(round(width * enlarge), round(height * enlarge))
    picture = _empty(sheet.width_px, sheet.height_px).copy()
    _VIEWS[look.view](picture, scene, sheet, look)
    if scene.notice:
        dismiss = word("dismiss", look.language) if scene.dismissible else ""
        parts.draw_notice(picture, scene.notice, dismiss, sheet)
    shown: MatLike = picture
    if enlarge > 1:
        shown = cv2.resize(shown, (width, height), interpolation=cv2.INTER_AREA)
    if look.rotate_deg:
        shown = cv2.rotate(shown, _TURNS[look.rotate_deg])
    return np.ascontiguousarray(shown, dtype=np.uint8)


@lru_cache(2)
def _empty(width_px: int, height_px: int) -> Picture:
    return np.full((height_px, width_px, 3), GROUND, np.uint8)


def _picture_view(picture: Picture, scene: Scene, sheet: Sheet, look: Look) -> None:
    body = _with_strip(picture, scene, sheet, look)
    shown = scene.picture
    aspect = _NO_PICTURE_ASPECT if shown is None else shown.shape[1] / shown.shape[0]
    area, beside = sheet.split(body, aspect)
    if shown is None:
        parts.draw_camera_off(picture, area, look.language, sheet)
    else:
        _draw_live(picture, area.fit(aspect), shown, scene, sheet, look)
    _draw_reading(picture, beside, scene, sheet, look)


def _bars_view(picture: Picture, scene: Scene, sheet: Sheet, look: Look) -> None:
    body = _with_strip(picture, scene, sheet, look)
    others = scene.faces[1:5]
    if others and body.height > 14 * sheet.letters_px:
        body, row = body.cut_bottom(2 * sheet.letters_px, sheet.gap_px)
        _draw_others(picture, row, scene, sheet, look)
    _draw_reading(picture, body, scene, sheet, look)


def _statistics_view(picture: Picture, scene: Scene, sheet: Sheet, look: Look) -> None:
    draw_statistics(picture, scene, sheet, look.language)


_VIEWS: dict[View, Callable[[Picture, Scene, Sheet, Look], None]] = {
    "picture": _picture_view,
    "bars": _bars_view,
    "statistics": _statistics_view,
}


def _with_strip(picture: Picture, scene: Scene, sheet: Sheet, look: Look) -> Area:
    """Draw the strip at the bottom; return what is left."""
    body, area = sheet.whole.cut_bottom(parts.strip_height_px(sheet), sheet.gap_px)
    parts.draw_strip(picture, area, scene.strip, scene.rate_hz, sheet, look.language)
    return body


def _draw_live(
    picture: Picture, area: Area, shown: Colour | Grey, scene: Scene, sheet: Sheet, look: Look
) -> None:
    """Draw the live picture with its faces into ``area``, which has its aspect."""
    width = shown.shape[1]
    # Much smaller, each pixel is the average of many; else it would flicker.
    how = cv2.INTER_AREA if 2 * area.width <= width else cv2.INTER_LINEAR
    live = cv2.resize(shown, (area.width, area.height), interpolation=how)
    if look.mirror:
        live = cv2.flip(live, 1)
    code = cv2.COLOR_GRAY2RGB if live.ndim == 2 else cv2.COLOR_BGR2RGB
    place = picture[area.top : area.bottom, area.left : area.right]
    place[...] = cv2.cvtColor(live, code)
    size = max(11, round(0.8 * sheet.letters_px))
    mark_faces(
        place,
        scene.readings,
        look.language,
        Place(0, 0, area.width / width, width, look.mirror),
        size,
        bars=len(scene.faces) > 1,
    )
    corners(picture, area, GROUND, sheet.gap_px // 2)


def _draw_reading(picture: Picture, area: Area, scene: Scene, sheet: Sheet, look: Look) -> None:
    """Draw the largest face's emoji and bars; where there is none, what is the matter."""
    largest = scene.faces[0] if scene.faces and scene.picture is not None else None
    if area.height > 1.15 * area.width:
        room = min(area.width, round(0.42 * area.height))
        verdict, bars = area.cut_top(room, sheet.gap_px)
    else:
        verdict, bars = area.cut_left(round(0.38 * area.width), sheet.gap_px)
    if largest is None:
        text = word(scene.state, look.language)
        parts.draw_verdict(picture, verdict, NOBODY, text, None, sheet, look.language)
        shares = dict.fromkeys(scene.labels, 0.0)
    else:
        text = capital(emotion_word(largest.emotion, look.language))
        share = largest.probability
        parts.draw_verdict(picture, verdict, largest.emotion, text, share, sheet, look.language)
        shares = largest.probabilities
    parts.draw_bars(picture, bars, shares, sheet, look.language)


def _draw_others(picture: Picture, row: Area, scene: Scene, sheet: Sheet, look: Look) -> None:
    """Draw a small emoji and a word for each face but the largest, as many as fit."""
    left = row.left
    for reading in scene.faces[1:]:
        text = f"{reading.face.id}  {capital(emotion_word(reading.emotion, look.language))}"
        width = letters().width(text, sheet.small_px)
        beyond = left + row.height + sheet.gap_px // 2 + width
        if beyond > row.right:
            break
        parts.draw_emoji(
            picture, reading.emotion, Area(left, row.top, left + row.height, row.bottom)
        )
        at = (left + row.height + sheet.gap_px // 2, row.middle[1])
        letters().write(picture, text, at, sheet.small_px, DIM)
        left = beyond + 2 * sheet.gap_px
