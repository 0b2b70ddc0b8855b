from datetime import datetime, timedelta, timezone

import pytest

from device.report.when import parse_until, parse_when

NOW = datetime(2026, 11, 20, 14, 30, 15).astimezone()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", datetime(2026, 11, 20)),
        ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30)),
        ("2026-11-20 14:30:05", datetime(2026, 11, 20, 14, 30, 5)),
        ("today", datetime(2026, 11, 20)),
        (" Yesterday ", datetime(2026, 11, 19)),
        ("now", datetime(2026, 11, 20, 14, 30, 15)),
        ("7 days", datetime(2026, 11, 13, 14, 30, 15)),
        ("1 day ago", datetime(2026, 11, 19, 14, 30, 15)),
        ("3h", datetime(2026, 11, 20, 11, 30, 15)),
        ("90 minutes ago", datetime(2026, 11, 20, 13, 0, 15)),
        ("2 weeks", datetime(2026, 11, 6, 14, 30, 15)),
    ],
)
def test_times_are_those_of_here(text, expected):
    found = parse_when(text, now=NOW)
    assert found.tzinfo is not None
    assert found.replace(tzinfo=None) == expected


def test_a_time_with_an_offset_keeps_it():
    found = parse_when("2026-11-20T14:30+09:00")
    assert found == datetime(2026, 11, 20, 14, 30, tzinfo=timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", datetime(2026, 11, 21)),
        ("today", datetime(2026, 11, 21)),
        ("yesterday", datetime(2026, 11, 20)),
        ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30)),
        ("2 days ago", datetime(2026, 11, 18, 14, 30, 15)),
    ],
)
def test_until_a_day_is_until_its_end(text, expected):
    assert parse_until(text, now=NOW).replace(tzinfo=None) == expected


@pytest.mark.parametrize("parse", [parse_when, parse_until])
@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-11-31", "999999 weeks", "7", "days", "-3 days", "12:3x"],
)
def test_what_is_no_time_is_named_with_what_can_be_given(parse, text):
    with pytest.raises(ValueError, match=f"^no time '{text}': give 2026-11-20"):
        parse(text, now=NOW)
