"""Plots as SVG: text that a browser draws, without a library and without a script.

Each is whole in itself and meant for ``<img>``: colours for light and dark, a title and a
description for those who do not see it, larger letters where it is shown small.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape

from device.report.axis import Tick, duration_ticks, time_ticks
from device.report.numbers import duration, emotion_text, hour_text, long_date, percent
from device.report.slots import at_most, ends, joined, shares_of
from device.report.svg import filled, line, rect, svg
from device.summary import Shares, Slot

_WORDS = {
    "en": {
        "nothing": "No face was read in this time.",
        "timeline": "Time with somebody there, by emotion",
        "hours": "Time with somebody there, by hour of the day",
        "profile": "Share of each emotion",
        "between": "From {start} to {end}, somebody was there for {somebody}.",
    },
    "fr": {
        "nothing": "Aucun visage n'a été lu pendant ce temps.",
        "timeline": "Temps de présence, par émotion",
        "hours": "Temps de présence, par heure de la journée",
        "profile": "Part de chaque émotion",
        "between": "Du {start} au {end}, quelqu'un était là pendant {somebody}.",
    },
}
_LETTER_PX = 7.5
_LEGEND_ROW_PX = 24
# A column is at least so wide, with the gap beside it.
_COLUMN_PX = 4


def timeline_svg(
    slots: Sequence[Slot],
    language: str,
    *,
    width_px: int = 960,
    height_px: int = 240,
    title: str = "",
) -> str:
    """Return stacked columns: how long somebody was there in each slot, by emotion.

    slots: in any order; more than fit are joined. Where there is none, or nothing was
        watched, the line below is missing. They are shown in the first one's time zone.
    width_px, height_px: the drawing's own size, for a phone 400 by 260; letters have 13 px.
    title: what it is, for those who do not see it; "" for the usual.
    """
    words = _WORDS[language]
    title = title or words["timeline"]
    slots = [_aware(slot) for slot in slots]
    shares = shares_of(slots)
    if not shares.read_s:
        return _empty(title, words["nothing"], width_px, height_px)
    slots = at_most(slots, width_px // _COLUMN_PX)
    zone = timezone(slots[0].start.utcoffset() or timedelta())
    start = slots[0].start.astimezone(zone)
    end = max(start + timedelta(seconds=1), *map(ends, slots)).astimezone(zone)
    ticks = time_ticks(start, end, max(4, width_px // 105), language)
    parts = _columns(slots, start, end, ticks, language, width_px, height_px)
    between = words["between"].format(
        start=f"{long_date(start, language)}, {start:%H:%M}",
        end=f"{long_date(end, language)}, {end:%H:%M}",
        somebody=duration(sum(slot.somebody_s for slot in slots), language),
    )
    description = f"{between} {_listed(shares, language)}"
    return svg(title, description, parts, width_px, height_px)


def hours_svg(
    hours: Sequence[Slot], language: str, *, width_px: int = 960, height_px: int = 240
) -> str:
    """Return stacked columns: how long somebody was there in each hour of the day.

    hours: 24 slots of an hour, of one day.
    """
    words = _WORDS[language]
    shares = shares_of(hours)
    if not shares.read_s:
        return _empty(words["hours"], words["nothing"], width_px, height_px)
    start, end = hours[0].start, ends(hours[-1])
    step = 3 if width_px >= 600 else 6
    ticks = [Tick(hour / 24, hour_text(hour, language)) for hour in range(0, 25, step)]
    parts = _columns(hours, start, end, ticks, language, width_px, height_px)
    return svg(words["hours"], _listed(shares, language), parts, width_px, height_px)


def _columns(
    slots: Sequence[Slot],
    start: datetime,
    end: datetime,
    ticks: Sequence[Tick],
    language: str,
    width_px: int,
    height_px: int,
) -> list[str]:
    legend, legend_px = _legend(shares_of(slots), language, width_px)
    plot = _Plot(width_px, legend_px + 14, height_px - 46, start, (end - start).total_seconds())
    top_s, marks = duration_ticks(max(slot.somebody_s for slot in slots) or 1.0, language)
    watched = _stretches(slots)
    return [
        legend,
        *(plot.watched(slot) for slot in watched),
        *(plot.level(mark) for mark in marks),
        *(plot.column(slot, top_s) for slot in slots),
        *(plot.base(slot) for slot in watched),
        *plot.time(ticks),
    ]


def profile_svg(shares: Shares, language: str, *, width_px: int = 480) -> str:
    """Return a bar for each emotion, as long as its share of the whole track, with percent."""
    words = _WORDS[language]
    row_px, bar_px = 30, 16
    height_px = row_px * max(3, len(shares.seconds)) + 16
    if not shares.read_s:
        return _empty(words["profile"], words["nothing"], width_px, height_px)
    named = [(name, emotion_text(name, language), share) for name, share in shares.shares.items()]
    left = 18 + _LETTER_PX * max(len(word) for _, word, _ in named)
    long_px = width_px - left - 68
    parts = []
    for row, (name, word, share) in enumerate(named):
        y = 8 + row * row_px
        parts += [
            f'<text x="12" y="{y + 20}">{escape(word)}</text>',
            rect(left, y + 7, long_px, bar_px, 'class="track" rx="3"'),
            rect(left, y + 7, long_px * share, bar_px, filled(name, 'rx="2"')) if share else "",
            f'<text class="end" x="{width_px - 10}" y="{y + 20}">{percent(share, language)}</text>',
        ]
    return svg(words["profile"], _listed(shares, language), parts, width_px, height_px)


class _Plot:
    """The field of a timeline; x and y grow to the right and down, in the drawing's pixels."""

    def __init__(
        self, width_px: int, top: float, bottom: float, start: datetime, span_s: float
    ) -> None:
        self._left, self._right, self._top, self._bottom = 66.0, width_px - 14.0, top, bottom
        self._start, self._span_s = start, span_s

    def _x(self, share: float) -> float:
        return self._left + share * (self._right - self._left)

    def _sides(self, slot: Slot) -> tuple[float, float]:
        share = (slot.start - self._start).total_seconds() / self._span_s
        return self._x(share), self._x(share + slot.span_s / self._span_s)

    def _y(self, share: float) -> float:
        return self._bottom - share * (self._bottom - self._top)

    def watched(self, slot: Slot) -> str:
        left, right = self._sides(slot)
        return rect(left, self._top, right - left, self._bottom - self._top, 'class="watched"')

    def base(self, slot: Slot) -> str:
        left, right = self._sides(slot)
        return line(left, self._bottom, right, self._bottom, "base")

    def level(self, mark: Tick) -> str:
        y = self._y(mark.share)
        text = f'<text class="soft end" x="{self._left - 8:.0f}" y="{y + 4:.1f}">{mark.text}</text>'
        return line(self._left, y, self._right, y, "line") + text

    def column(self, slot: Slot, top_s: float) -> str:
        """Draw how long somebody was there, divided as the reading of all faces divides."""
        left, right = self._sides(slot)
        gap = min(1.5, (right - left) / 5)
        read_s = sum(slot.seconds.values())
        parts, share = [], 0.0
        for name, seconds in slot.seconds.items():
            if seconds > 0:
                high = seconds / read_s * slot.somebody_s / top_s
                above, below = self._y(share + high), self._y(share)
                width = right - left - gap
                parts.append(rect(left + gap / 2, above, width, below - above, filled(name)))
                share += high
        return "".join(parts)

    def time(self, ticks: Sequence[Tick]) -> list[str]:
        parts = []
        for tick in ticks:
            x = self._x(tick.share)
            parts.append(line(x, self._bottom, x, self._bottom + 5, "base"))
            # The outermost stay inside.
            x = min(max(x, self._left), self._right - 16)
            for text, y in ((tick.text, 19), (tick.below, 36)):
                place = f'x="{x:.1f}" y="{self._bottom + y:.1f}"'
                parts.append(f'<text class="soft mid" {place}>{text}</text>' if text else "")
        return parts


def _stretches(slots: Sequence[Slot]) -> list[Slot]:
    """Return ``slots`` that were watched, those that touch as one."""
    found: list[Slot] = []
    for slot in slots:
        if slot.watched_s <= 0:
            continue
        touches = found and (slot.start - ends(found[-1])).total_seconds() < 1e-3
        if touches:
            found[-1] = joined(found[-1], slot)
        else:
            found.append(slot)
    return found


def _legend(shares: Shares, language: str, width_px: int) -> tuple[str, float]:
    """Return the legend of the emotions that occur, and how high it is."""
    named = [(name, emotion_text(name, language)) for name, s in shares.seconds.items() if s > 0]
    column_px = 40 + _LETTER_PX * max(len(word) for _, word in named)
    columns = min(len(named), max(1, int((width_px - 24) // column_px)))
    column_px = (width_px - 24) / max(columns, 3)
    parts = []
    for place, (name, word) in enumerate(named):
        x, y = 14 + place % columns * column_px, 10 + place // columns * _LEGEND_ROW_PX
        parts.append(rect(x, y, 14, 14, filled(name, 'rx="2"')))
        parts.append(f'<text x="{x + 21:.0f}" y="{y + 12}">{escape(word)}</text>')
    return "".join(parts), 10 + _LEGEND_ROW_PX * -(-len(named) // columns)


def _listed(shares: Shares, language: str) -> str:
    """Return the share of each emotion that occurs, in a sentence, for those who listen."""
    found = (
        f"{emotion_text(n, language)} {percent(s, language)}" for n, s in shares.shares.items() if s
    )
    return ", ".join(found) + "."


def _aware(slot: Slot) -> Slot:
    """Return ``slot`` with a time zone: the system's, where it has none."""
    if slot.start.tzinfo is not None:
        return slot
    return Slot(
        **{name: getattr(slot, name) for name in slot.__struct_fields__}
        | {"start": slot.start.astimezone()}
    )


def _empty(title: str, sentence: str, width_px: int, height_px: int) -> str:
    middle = f'x="{width_px / 2:.0f}" y="{height_px / 2:.0f}"'
    parts = [f'<text class="soft mid" {middle}>{escape(sentence)}</text>']
    return svg(title, sentence, parts, width_px, height_px)
