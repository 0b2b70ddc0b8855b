"""Numbers, times, durations and emotions as people write them in English and French."""

from __future__ import annotations

from datetime import date

from device.language import emotion_word

_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": (
        "janv.", "févr.", "mars", "avr.", "mai", "juin",
        "juil.", "août", "sept.", "oct.", "nov.", "déc.",
    ),
}  # fmt: skip
# From which duration on a unit is used.
_UNITS = ((86400.0, 3 * 86400.0, "days"), (3600.0, 3600.0, "h"), (60.0, 60.0, "min"))
_DAYS = {"en": "days", "fr": "jours"}
_LONGEST_WORD = 20
# Neither breaks a line; the narrow one is what stands before a French percent sign.
_SPACE, _NARROW = "\u00a0", "\u202f"


def number(value: float, digits: int, language: str) -> str:
    """Return ``value`` with so many decimals: 1,234.5 or, in French, 1 234,5."""
    text = f"{value:,.{digits}f}"
    return text.replace(",", _NARROW).replace(".", ",") if language == "fr" else text


def percent(share: float, language: str) -> str:
    """Return a share 0-1 as 12.3%, or 12,3 % in French."""
    return number(100 * share, 1, language) + (f"{_NARROW}%" if language == "fr" else "%")


def duration(seconds: float, language: str, *, longest: str = "days") -> str:
    """Return a duration in the unit that fits it: 40 s, 3.5 min, 5.2 h, 4.0 days.

    longest: the largest unit that may be used.
    """
    for unit_s, from_s, name in _UNITS:
        if seconds >= from_s and not (name == "days" and longest != "days"):
            word = _DAYS[language] if name == "days" else name
            return f"{number(seconds / unit_s, 1, language)}{_SPACE}{word}"
    return f"{number(seconds, 0 if seconds >= 10 else 1, language)}{_SPACE}s"


def month(day: date, language: str) -> str:
    """Return the month of ``day``, short: Nov, or nov."""
    return _MONTHS[language][day.month - 1]


def short_date(day: date, language: str) -> str:
    """Return ``day`` without its year: 20 Nov, or 20 nov."""
    return f"{day.day} {month(day, language)}"


def long_date(day: date, language: str) -> str:
    """Return ``day`` with its year: 20 Nov 2026."""
    return f"{short_date(day, language)} {day.year}"


def hour_text(hour: int, language: str) -> str:
    """Return an hour of the day, 0-24: 9:00, or 9 h in French."""
    return f"{hour}{_SPACE}h" if language == "fr" else f"{hour}:00"


def emotion_text(emotion: str, language: str) -> str:
    """Return what people call ``emotion``, capitalised; of a strange name what can be shown."""
    word = "".join(sign if sign.isprintable() else "?" for sign in emotion_word(emotion, language))
    return f"{word[: _LONGEST_WORD - 1]}…" if len(word) > _LONGEST_WORD else word.capitalize()
