from datetime import date

import pytest

from device.report.axis import duration_ticks
from device.report.numbers import duration, emotion_text, hour_text, long_date, number, percent


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0, "0.0 s", "0,0 s"),
        (9.94, "9.9 s", "9,9 s"),
        (59, "59 s", "59 s"),
        (60, "1.0 min", "1,0 min"),
        (18_720, "5.2 h", "5,2 h"),
        (4.5 * 86400, "4.5 days", "4,5 jours"),
    ],
)
def test_durations_have_the_unit_that_fits(seconds, english, french):
    assert duration(seconds, "en").replace("\u00a0", " ") == english
    assert duration(seconds, "fr").replace("\u00a0", " ") == french


def test_durations_can_stay_in_hours():
    assert duration(1e7, "en", longest="h") == "2,777.8\u00a0h"


def test_numbers_are_written_as_in_the_language():
    assert (number(1234.5, 1, "en"), number(1234.5, 1, "fr")) == ("1,234.5", "1\u202f234,5")
    assert (percent(0.125, "en"), percent(0.125, "fr")) == ("12.5%", "12,5\u202f%")
    assert (hour_text(9, "en"), hour_text(9, "fr")) == ("9:00", "9\u00a0h")


def test_months_have_names():
    months = [
        [long_date(date(2026, m, 1), tongue) for m in range(1, 13)] for tongue in ("en", "fr")
    ]
    assert months[0][7] == "1 Aug 2026"
    assert months[1][7] == "1 août 2026"
    assert all(len(set(names)) == 12 for names in months)


def test_emotions_have_words_in_both_languages():
    assert emotion_text("angry", "en") == "Angry"
    assert emotion_text("angry", "fr") == "Colère"
    assert emotion_text("x" * 99, "fr") == "x" * 19 + "…"


@pytest.mark.parametrize("longest_s", [0.01, 0.3, 1, 7, 59, 60, 61, 1000, 3600, 9000, 86400, 1e7])
def test_an_axis_of_durations_has_a_few_round_marks_and_room_for_all(longest_s):
    top_s, marks = duration_ticks(longest_s, "en")
    assert longest_s <= top_s <= max(2 * longest_s, 0.1)
    assert 2 <= len(marks) <= 5
    assert [mark.share for mark in marks] == pytest.approx(
        [n / (len(marks) - 1) for n in range(len(marks))]
    )
    assert len({mark.text for mark in marks}) == len(marks)
