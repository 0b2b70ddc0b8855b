"""The parts of a screen: bars, the emoji with its word, the strip, figures, a notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import cv2
import numpy as np

from device.drawing.emoji import emoji
from device.drawing.layout import Area, Sheet
from device.drawing.scene import STRIP_S, STRIP_SLOT_S
from device.drawing.shapes import Colour3, Picture, corners, fill, paste, shade
from device.drawing.text import Align, letters
from device.drawing.words import capital, decimal, percent, word
from device.language import emotion_word
from device.palette import colour

GROUND: Colour3 = (15, 18, 23)
TRACK: Colour3 = (37, 44, 53)
BRIGHT: Colour3 = (237, 241, 245)
DIM: Colour3 = (152, 163, 175)


def write(
    picture: Picture, text: str, at_xy: tuple[int, int], size_px: int, tone: Colour3, *,
    width_px: int, bold: bool = False, align: Align = "left",
) -> None:  # fmt: skip
    """Write ``text``, smaller where it is wider than ``width_px``, and cut if need be."""
    while size_px > 9 and letters().width(text, size_px, bold=bold) > width_px:
        size_px -= 1
    letters().write(picture, text, at_xy, size_px, tone, bold=bold, align=align, width_px=width_px)


def draw_bars(
    picture: Picture, area: Area, shares: Mapping[str, float], sheet: Sheet, language: str
) -> None:
    """A bar for each of ``shares`` (0-1), with its word, and its percentage where there is room."""
    step = min(area.height / max(1, len(shares)), 2.1 * sheet.letters_px)
    size = max(9, min(sheet.small_px, int(0.8 * step)))
    words = {name: capital(emotion_word(name, language)) for name in shares}
    widest = max((letters().width(text, size) for text in words.values()), default=0)
    widest = min(widest, area.width // 2)
    number = letters().width(percent(1, language), size)
    numbered = area.width - widest - number > 7 * size and any(shares.values())
    left = area.left + widest + size // 2
    right = area.right - (number + size // 2 if numbered else 0)
    most = max(shares.values(), default=0.0)
    thick = max(4, min(round(0.5 * step), sheet.letters_px))
    top = area.top + (area.height - step * len(shares)) / 2
    for index, (name, share) in enumerate(shares.items()):
        y = round(top + (index + 0.5) * step)
        leads = share == most > 0
        tone = BRIGHT if leads else DIM
        letters().write(picture, words[name], (area.left, y), size, tone, width_px=widest)
        bar = Area(left, y - thick // 2, right, y - thick // 2 + thick)
        draw_bar(picture, bar, share, colour(name))
        if numbered:
            text = percent(share, language)
            letters().write(picture, text, (area.right, y), size, tone, align="right")


def draw_bar(picture: Picture, area: Area, share: float, tone: Colour3) -> None:
    """A bar with round ends that is full to ``share`` 0-1."""
    fill(picture, area, TRACK, area.height // 2)
    full = area.left + round(area.width * min(1.0, share))
    rest = picture[area.top : area.bottom, full : area.right].copy()
    fill(picture, area, tone, area.height // 2)
    picture[area.top : area.bottom, full : area.right] = rest


def draw_emoji(picture: Picture, emotion: str, area: Area) -> None:
    """The face of ``emotion``, as large as fits, in the middle; its ground is ``GROUND``."""
    side = min(area.width, area.height)
    if side >= 8:
        x, y = area.middle
        left, top = x - side // 2, y - side // 2
        picture[top : top + side, left : left + side] = _on_ground(emotion, side)


@lru_cache(32)
def _on_ground(emotion: str, side_px: int) -> Picture:
    tile = np.full((side_px, side_px, 3), GROUND, np.uint8)
    paste(tile, emoji(emotion, side_px), (0, 0))
    return tile


def draw_verdict(
    picture: Picture, area: Area, emotion: str, text: str, share: float | None, sheet: Sheet,
    language: str,
) -> None:  # fmt: skip
    """The emoji of ``emotion`` over ``text``, and its probability 0-1 where there is one."""
    number = "" if share is None else f"  {percent(share, language)}"
    size = round(1.3 * sheet.letters_px)
    while size > 10 and _verdict_width(text, number, size) > area.width:
        size -= 1
    line = round(1.9 * size)
    side = max(0, min(area.width, area.height - line))
    top = area.top + (area.height - side - line) // 2
    draw_emoji(picture, emotion, Area(area.left, top, area.right, top + side))
    x, y = area.middle[0] - _verdict_width(text, number, size) // 2, top + side + round(1.1 * size)
    x += letters().write(picture, text, (x, y), size, BRIGHT, bold=True, width_px=area.width)
    letters().write(picture, number, (x, y), size, DIM, width_px=max(0, area.right - x))


def _verdict_width(text: str, number: str, size_px: int) -> int:
    return letters().width(text, size_px, bold=True) + letters().width(number, size_px)


def strip_height_px(sheet: Sheet) -> int:
    """Return how much room a strip with its words takes."""
    return round(2.1 * sheet.letters_px)


def draw_strip(
    picture: Picture, area: Area, strip: Sequence[str | None], rate_hz: float | None,
    sheet: Sheet, language: str,
) -> None:  # fmt: skip
    """The last minutes from left to right, with a word on how long, and frames a second."""
    bar, below = area.cut_top(round(0.75 * sheet.letters_px), 0)
    span_s = max(STRIP_S, len(strip) * STRIP_SLOT_S)
    slots = round(span_s / STRIP_SLOT_S)
    tones = np.full((slots, 3), TRACK, np.uint8)
    for index, emotion in enumerate(strip, slots - len(strip)):
        if emotion is not None:
            tones[index] = colour(emotion)
    across = np.arange(bar.width) * slots // max(1, bar.width)
    picture[bar.top : bar.bottom, bar.left : bar.right] = tones[across]
    for minute in range(1, round(span_s / 60)):
        x = bar.left + round(bar.width * minute * 60 / span_s)
        cv2.line(picture, (x, bar.top), (x, bar.bottom - 1), GROUND)
    corners(picture, bar, GROUND, bar.height // 3)
    y, half = below.bottom - round(0.4 * sheet.small_px), below.width // 2
    text = word("last_minutes", language).format(round(span_s / 60))
    letters().write(picture, text, (below.left, y), sheet.small_px, DIM, width_px=half)
    if rate_hz is not None:
        text = f"{decimal(rate_hz, language)} {word('frames_per_s', language)}"
        at = (below.right, y)
        letters().write(picture, text, at, sheet.small_px, DIM, align="right", width_px=half)


def draw_notice(picture: Picture, lines: Sequence[str], dismiss: str, sheet: Sheet) -> None:
    """Lines in a box over everything, each as large as fits, and ``dismiss`` small below them."""
    whole = Area(0, 0, sheet.width_px, sheet.height_px)
    shade(picture, whole, GROUND, 0.72)
    size, small = round(1.4 * sheet.letters_px), sheet.small_px
    room = sheet.width_px - 6 * sheet.gap_px
    wrapped = [part for line in lines for part in _wrap(line, room)]
    below = 2 * small if dismiss else 0
    high = sheet.height_px - 4 * sheet.gap_px - below
    step = min(round(1.8 * size), high // max(1, len(wrapped)))
    widest = max((letters().width(line, size, bold=True) for line in wrapped), default=0)
    widest = min(room, max(widest, letters().width(dismiss, small)))
    height = step * len(wrapped) + below
    x, top = whole.middle[0], whole.middle[1] - height // 2
    left, right = x - widest // 2 - 2 * sheet.gap_px, x + widest // 2 + 2 * sheet.gap_px
    box = (left, top - sheet.gap_px, right, top + height + sheet.gap_px)
    fill(picture, box, TRACK, sheet.gap_px)
    for index, line in enumerate(wrapped):
        at = (x, top + round((index + 0.5) * step))
        least = min(size, int(step / 1.2))
        write(picture, line, at, least, BRIGHT, bold=True, align="middle", width_px=room)
    at = (x, top + height - small // 2)
    write(picture, dismiss, at, small, DIM, align="middle", width_px=room)


def _wrap(line: str, width_px: int) -> list[str]:
    """Divide a line that would not fit even in the smallest letters."""
    parts = [""]
    for character in line:
        if letters().width(parts[-1] + character, 10, bold=True) > width_px:
            parts.append("")
        parts[-1] += character
    return parts


def draw_camera_off(picture: Picture, area: Area, language: str, sheet: Sheet) -> None:
    """In place of a picture: a camera that is struck through, and what that means."""
    fill(picture, area, (24, 29, 36), sheet.gap_px)
    x, y = area.middle
    unit = max(8, min(area.width, area.height) // 9)
    y -= unit
    thick = max(2, unit // 6)
    body = (x - 2 * unit, y - unit, x + unit, y + unit)
    cv2.rectangle(picture, body[:2], body[2:], DIM, thick, cv2.LINE_AA)
    lens = [(x + unit, y), (x + 2 * unit, y - unit * 3 // 4), (x + 2 * unit, y + unit * 3 // 4)]
    cv2.polylines(picture, [np.array(lens)], True, DIM, thick, cv2.LINE_AA)
    begin, end = (x - unit * 9 // 4, y + unit * 7 // 4), (x + unit * 9 // 4, y - unit * 7 // 4)
    cv2.line(picture, begin, end, (24, 29, 36), 4 * thick, cv2.LINE_AA)
    cv2.line(picture, begin, end, DIM, thick, cv2.LINE_AA)
    size, room = sheet.letters_px, area.width - 2 * sheet.gap_px
    at = (x, y + unit * 2 + size)
    write(
        picture,
        word("no_picture", language),
        at,
        size,
        BRIGHT,
        bold=True,
        align="middle",
        width_px=room,
    )
    at = (x, at[1] + round(1.5 * size))
    write(
        picture,
        word("no_picture_advice", language),
        at,
        sheet.small_px,
        DIM,
        align="middle",
        width_px=room,
    )
