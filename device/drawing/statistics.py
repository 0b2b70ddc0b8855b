"""The session in numbers, on the screen."""

from __future__ import annotations

from device.drawing.layout import Area, Sheet
from device.drawing.parts import BRIGHT, DIM, draw_bars, write
from device.drawing.scene import Scene
from device.drawing.shapes import Picture
from device.drawing.text import letters
from device.drawing.words import decimal, percent, span, word
from device.records import UNCERTAIN
from device.summary import SessionSummary


def draw_statistics(picture: Picture, scene: Scene, sheet: Sheet, language: str) -> None:
    """Draw the session's figures and its profile, and what they are not."""
    title, body = sheet.whole.cut_top(round(1.5 * sheet.letters_px), sheet.gap_px)
    body, foot = body.cut_bottom(round(1.3 * sheet.small_px), sheet.gap_px)
    _title(picture, title, scene.session, sheet, language)
    sentence, at = word("statistic", language), (foot.left, foot.middle[1])
    write(picture, sentence, at, sheet.small_px, DIM, width_px=foot.width)
    session = scene.session
    if session is None or not session.everybody.read_s:
        text, room = word("nothing_yet", language), body.width
        write(
            picture,
            text,
            body.middle,
            round(1.3 * sheet.letters_px),
            DIM,
            align="middle",
            width_px=room,
        )
        return
    if sheet.upright:
        bars, table = body.cut_top(round(0.6 * body.height), sheet.gap_px)
        columns = 2
    else:
        table, bars = body.cut_left(round(0.38 * body.width), 2 * sheet.gap_px)
        columns = 1
    _figures(picture, table, session, sheet, language, columns)
    draw_bars(picture, bars, _profile(session), sheet, language)


def _profile(session: SessionSummary) -> dict[str, float]:
    """The share of each emotion; of uncertain only where there was any."""
    shares = session.everybody.shares
    return {name: share for name, share in shares.items() if name != UNCERTAIN or share}


def _title(
    picture: Picture, area: Area, session: SessionSummary | None, sheet: Sheet, language: str
) -> None:
    name = (session.name if session else "") or word("session", language)
    y, size = area.middle[1], round(1.2 * sheet.letters_px)
    room = area.width
    if session is not None:
        since = f"{word('since', language)} {session.began:%H:%M}"
        write(
            picture,
            since,
            (area.right, y),
            sheet.small_px,
            DIM,
            align="right",
            width_px=area.width // 2,
        )
        room = round(0.62 * area.width)
    write(picture, name, (area.left, y), size, BRIGHT, bold=True, width_px=room)


def _figures(
    picture: Picture, area: Area, session: SessionSummary, sheet: Sheet, language: str, columns: int
) -> None:
    """Draw each figure with what it is above it."""
    read = session.everybody
    figures = (
        (
            "somebody",
            span(session.somebody_s),
            word("of", language) + " " + span(session.watched_s),
        ),
        ("faces", str(session.faces), ""),
        ("negative", percent(read.negative_share, language), ""),
        ("changes", decimal(read.changes_per_h, language, 0), ""),
    )
    rows = len(figures) // columns
    width, height = area.width // columns, area.height / rows
    size = max(sheet.letters_px, min(round(1.5 * sheet.letters_px), int(0.42 * height)))
    for index, (key, value, more) in enumerate(figures):
        x = area.left + (index % columns) * width
        y = area.top + round((index // columns) * height + 0.5 * sheet.small_px)
        write(picture, word(key, language), (x, y), sheet.small_px, DIM, width_px=width - 4)
        y += round(0.75 * sheet.small_px + 0.7 * size)
        write(picture, value, (x, y), size, BRIGHT, bold=True, width_px=width - 4)
        if more:
            begin = x + letters().width(value, size, bold=True) + sheet.gap_px // 2
            write(picture, more, (begin, y), sheet.small_px, DIM, width_px=x + width - 4 - begin)
