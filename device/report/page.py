"""The report as one HTML file that needs nothing else: for a screen, a phone and paper."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import escape

from device import __version__
from device.palette import css
from device.report.figures import Figures
from device.report.numbers import (
    duration,
    emotion_text,
    hour_text,
    long_date,
    number,
    percent,
    short_date,
)
from device.report.plots import hours_svg, profile_svg, timeline_svg
from device.report.slots import at_most
from device.report.style import STYLE
from device.report.words import WORDS
from device.summary import Shares, Slot

_DAY_S = 86400
_TABLE_ROWS = 24
# A phone is given a drawing of its own width, so that its letters stay as large.
_PHONE_PX = 600
_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(figures: Figures, source: str, language: str, made: datetime) -> str:
    """Return the report.

    source: what the figures are of, for people.
    made: now.
    """
    words = {key: escape(text, quote=False) for key, text in WORDS[language].items()}
    period = escape(period_text(figures.began, figures.ended, language))
    sections = [
        _short(figures, words, language),
        _profile(figures.everybody, words, language),
        _timeline(figures, words, language),
        _hours(figures, words, language),
        *([_days(figures, words, language)] if _has_days(figures) else []),
        _how(figures, words),
    ]
    when = f"{long_date(made, language)}, {made:%H:%M}"
    return f"""<!doctype html>
<html lang="{language}">
{_head(f"{words['title']}, {period}", figures.everybody)}
<body>
<header><h1>{words["title"]}</h1>
<p>{period}</p>
<p>{words["source"].format(name=escape(source))}</p>
</header>
<main>
<p class="note" role="note">{words["statistic"]}</p>
{"".join(sections)}
</main>
<footer><p>{words["statistic"]} {words["made"].format(when=when, version=__version__)}</p></footer>
</body>
</html>
"""


def _head(title: str, read: Shares) -> str:
    return f"""<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_CSP}">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{STYLE}{_dots(read)}</style>
</head>"""


def period_text(began: datetime, ended: datetime, language: str) -> str:
    """Return a period for people: a day with times, or two days with theirs."""
    begins = f"{long_date(began, language)}, {began:%H:%M}"
    if began.date() == ended.date():
        return f"{begins} – {ended:%H:%M}"  # noqa: RUF001
    return f"{begins} – {long_date(ended, language)}, {ended:%H:%M}"  # noqa: RUF001


def _has_days(figures: Figures) -> bool:
    """Tell whether the days say more than the timeline: of many years that is no finer."""
    return len(figures.days) > 1 and figures.timeline[0].span_s < figures.days[0].span_s


def _short(figures: Figures, words: dict[str, str], language: str) -> str:
    read = figures.everybody
    most, share = max(read.shares.items(), key=lambda item: item[1])
    found = [
        ("somebody", _hours_text(figures.somebody_s, language)),
        ("watched", _hours_text(figures.watched_s, language) if figures.watched_s else ""),
        ("faces", number(figures.faces, 0, language)),
        ("read", _hours_text(read.read_s, language)),
        ("most", f"{_word(most, language)}, {percent(share, language)}"),
        ("negative", percent(read.negative_share, language)),
        ("changes", number(read.changes_per_h, 1, language)),
    ]
    cards = "".join(
        f"<div><dt>{words[key]}</dt><dd>{text}</dd></div>" for key, text in found if text
    )
    return f"<section><h2>{words['figures']}</h2><dl>{cards}</dl></section>\n"


def _profile(read: Shares, words: dict[str, str], language: str) -> str:
    rows = [
        [
            f'<span class="dot e{place}"></span>{_word(name, language)}',
            _hours_text(seconds, language),
            percent(read.shares[name], language),
        ]
        for place, (name, seconds) in enumerate(read.seconds.items())
    ]
    head = [words[key] for key in ("emotion", "time", "share")]
    total = [words["all"], _hours_text(read.read_s, language), percent(1.0, language)]
    plot = _picture(lambda width_px: profile_svg(read, language, width_px=width_px), (480, 340))
    table = _table(head, rows, words["profile"], total)
    return _section(words["profile"], f'<div class="two">{plot}{table}</div>')


def _timeline(figures: Figures, words: dict[str, str], language: str) -> str:
    slots = figures.timeline
    plot = _columns(lambda **size: timeline_svg(slots, language, **size))
    long = (figures.ended - figures.began).total_seconds() > _TABLE_ROWS * _DAY_S / 2
    if long and _has_days(figures):
        return _section(words["timeline"], plot)  # the days' table says the same
    few = at_most(slots, _TABLE_ROWS)
    names = [_slot_name(slot, few[0], language) for slot in few]
    table = _slots_table(few, names, "from", "timeline", words, language)
    return _section(words["timeline"], plot + table)


def _hours(figures: Figures, words: dict[str, str], language: str) -> str:
    plot = _columns(lambda **size: hours_svg(figures.hours, language, **size))
    named = [(slot, hour_text(hour, language)) for hour, slot in enumerate(figures.hours)]
    there = [(slot, name) for slot, name in named if slot.somebody_s or slot.watched_s]
    slots, names = [slot for slot, _ in there], [name for _, name in there]
    table = _slots_table(slots, names, "hour", "hours", words, language)
    return _section(words["hours"], plot + table)


def _days(figures: Figures, words: dict[str, str], language: str) -> str:
    slots = figures.days
    days = round(slots[0].span_s / _DAY_S)
    heading = {1: words["days"], 7: words["weeks"]}.get(days, words["months"].format(days=days))
    title = f"{heading}: {words['somebody'].lower()}"
    plot = _columns(lambda **size: timeline_svg(slots, language, title=title, **size))
    names = [long_date(slot.start, language) for slot in slots]
    key = "day" if days == 1 else "from"
    return _section(heading, plot + _slots_table(slots, names, key, "days", words, language))


def _how(figures: Figures, words: dict[str, str]) -> str:
    of_source = words["how_history" if figures.watched_s else "how_log"]
    return _section(words["how"], f"<p>{words['how_all']}</p><p>{of_source}</p>")


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{heading}</h2>{content}</section>\n"


def _slots_table(
    slots: Sequence[Slot],
    names: Sequence[str],
    first: str,
    title: str,
    words: dict[str, str],
    language: str,
) -> str:
    """Return a table with a row for each slot: time, and the share of each emotion."""
    emotions = list(slots[0].seconds)
    head = [words[first], words["somebody"], words["negative"]]
    rows = []
    for slot, name in zip(slots, names, strict=True):
        read = slot.read
        there = [percent(read.negative_share, language)]
        there += [percent(read.shares[emotion], language) for emotion in emotions]
        cells = there if read.read_s else ["–"] * len(there)  # noqa: RUF001
        rows.append([name, _hours_text(slot.somebody_s, language), *cells])
    head += [_word(emotion, language) for emotion in emotions]
    return _table(head, rows, words[title])


def _table(
    head: Iterable[str], rows: Iterable[Sequence[str]], title: str, total: Sequence[str] = ()
) -> str:
    heads = "".join(f'<th scope="col">{text}</th>' for text in head)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    foot = f"<tfoot><tr>{_cells(total)}</tr></tfoot>" if total else ""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(title)}" tabindex="0"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def _cells(row: Sequence[str]) -> str:
    return f'<th scope="row">{row[0]}</th>' + "".join(f"<td>{text}</td>" for text in row[1:])


def _columns(draw: Callable[..., str]) -> str:
    """Return a plot of columns that is drawn for both widths."""
    sizes = {960: 240, 400: 270}
    return _picture(lambda width_px: draw(width_px=width_px, height_px=sizes[width_px]), (960, 400))


def _picture(draw: Callable[[int], str], widths_px: tuple[int, int]) -> str:
    """Return the drawing that ``draw`` makes, a narrower one on a phone."""
    wide, narrow = (draw(width_px) for width_px in widths_px)
    alt = wide.partition("<desc")[2].partition(">")[2].partition("</desc>")[0]
    title = wide.partition("<title")[2].partition(">")[2].partition("</title>")[0]
    return (
        f'<figure><picture><source media="(max-width:{_PHONE_PX}px)" srcset="{_data(narrow)}">'
        f'<img src="{_data(wide)}" alt="{title}. {alt}"></picture></figure>'
    )


def _data(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _dots(read: Shares) -> str:
    return "".join(f".e{n}{{background:{css(name)}}}" for n, name in enumerate(read.seconds))


def _slot_name(slot: Slot, first: Slot, language: str) -> str:
    if first.span_s >= _DAY_S:
        return long_date(slot.start, language)
    time = f"{slot.start:%H:%M}" if first.span_s >= 60 else f"{slot.start:%H:%M:%S}"
    return f"{short_date(slot.start, language)}, {time}"


def _hours_text(seconds: float, language: str) -> str:
    return duration(seconds, language, longest="h")


def _word(emotion: str, language: str) -> str:
    return escape(emotion_text(emotion, language))
