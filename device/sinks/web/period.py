"""The stretch of the past that somebody asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request

from device.sinks.web.answers import By
from device.sinks.web.endpoint import Query, read_queries

# For programs to which "date-time" alone forbids nothing. Where the offset from UTC is missing
# the device's own is meant. The 29th of February is taken as well, in a leap year.
_DAY = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
_MOMENT = f"^[12][0-9]{{3}}-{_DAY}T{_TIME}(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$"
Moment = Annotated[datetime, Meta(extra_json_schema={"pattern": _MOMENT})]
PERIOD = (
    Query("by", By, "How long each part is."),
    Query("start", Moment, "The first moment. By default a week before the last."),
    Query("end", Moment, "The last moment. By default now."),
)
# What a page can show of each; more would be a large answer for a small device.
_LONGEST = {
    "minute": timedelta(days=3), "hour": timedelta(days=100), "day": timedelta(days=3660),
}  # fmt: skip
_WEEK = timedelta(days=7)
# Before the first Pi; beyond that, dates can no longer be reckoned with.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def read_period(request: Request) -> tuple[By, datetime, datetime]:
    """Return what is asked of the past, within what can be reckoned with and shown."""
    given = read_queries(request, PERIOD)
    by: By = given.get("by", "hour")
    latest = datetime.now().astimezone() + timedelta(days=1)
    end = min(_aware(given.get("end", datetime.now())), latest)
    default = max(end, _EARLIEST + _WEEK) - _WEEK
    start = max(_aware(given.get("start", default)), _EARLIEST)
    end = max(end, _EARLIEST)
    return by, max(start, end - _LONGEST[by]), end


def _aware(moment: datetime) -> datetime:
    """Return ``moment`` with a time zone: the device's own, where it was given without one."""
    if moment.tzinfo is not None:
        return moment
    if not _EARLIEST.year <= moment.year < 9999:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone()
