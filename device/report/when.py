"""Times as people give them on the command line."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

_AGO = re.compile(r"(\d{1,6}) ?(minute|min|hour|h|day|d|week|w)s?(?: ago)?")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_UNITS["w"] = timedelta(weeks=1)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_when(text: str, *, now: datetime | None = None) -> datetime:
    """Return the time that ``text`` names, with its offset from UTC: the beginning of a day.

    It is a day (2026-11-20), a time (2026-11-20T14:30, also with an offset), "now", "today",
    "yesterday", or so long ago ("7 days", "3 hours ago", "90min").

    now: in place of the present.

    Raises ValueError, saying what can be given.
    """
    present = now or datetime.now().astimezone()
    said = " ".join(text.lower().split())
    try:
        if said == "now":
            return present
        if said in ("today", "yesterday"):
            return _midnight(present - timedelta(days=said == "yesterday"))
        if ago := _AGO.fullmatch(said):
            return present - int(ago[1]) * _UNITS[ago[2][0]]
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(
            f"no time {text!r}: give 2026-11-20, 2026-11-20T14:30, today, yesterday, or 7 days"
        ) from error


def parse_until(text: str, *, now: datetime | None = None) -> datetime:
    """Return the end of the time that ``text`` names: of a whole day, where it is a day.

    Raises ValueError as ``parse_when`` does.
    """
    found = parse_when(text, now=now)
    if text.strip().lower() in ("today", "yesterday") or _DAY.fullmatch(text.strip()):
        return _midnight(found.replace(tzinfo=None) + timedelta(days=1))
    return found


def _midnight(moment: datetime) -> datetime:
    """Return when the day of ``moment`` begins here, also where clocks are changed."""
    return datetime.combine(moment.date(), time()).astimezone()
