import itertools
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from device.history.periods import minute_of, period_of, stretches, time_of

PARIS = ZoneInfo("Europe/Paris")
ZONES = ["Europe/Paris", "America/St_Johns", "America/Sao_Paulo", "Asia/Kolkata", "UTC"]


def test_a_minute_is_counted_from_1970_in_utc():
    assert minute_of(datetime(1970, 1, 2, 0, 1, 59, tzinfo=UTC)) == 1441
    assert minute_of(datetime(1970, 1, 1, 2, 0, tzinfo=timezone(timedelta(hours=1)))) == 60
    assert time_of(60, PARIS).isoformat() == "1970-01-01T02:00:00+01:00"


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 7, 1), 24)]
)
def test_a_day_on_which_clocks_are_set_is_shorter_or_longer(day, hours):
    midday = minute_of(datetime(*day, 12, tzinfo=PARIS))
    first, end = period_of(midday, "day", PARIS)
    assert time_of(first, PARIS).replace(tzinfo=None) == datetime(*day)
    assert end - first == 60 * hours


def test_the_hour_that_comes_twice_is_two():
    before = minute_of(datetime(2026, 10, 25, 2, 30, tzinfo=PARIS))
    after = minute_of(datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=PARIS))
    first, second = (period_of(minute, "hour", PARIS) for minute in (before, after))
    assert first[1] == second[0]
    assert {period[1] - period[0] for period in (first, second)} == {60}


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("by", ["hour", "day"])
def test_periods_stand_in_a_row(name, by):
    zone = ZoneInfo(name)
    minute = minute_of(datetime(2016, 1, 1, tzinfo=zone))
    for _ in range(24 * 400 if by == "hour" else 400):
        first, end = period_of(minute, by, zone)
        assert first == minute < end
        assert period_of(end - 1, by, zone) == (first, end)
        minute = end


@pytest.mark.parametrize("name", ZONES)
def test_stretches_are_cut_where_clocks_are_set(name):
    zone = ZoneInfo(name)
    first = minute_of(datetime(2016, 1, 1, 0, 7, tzinfo=zone))
    end = minute_of(datetime(2018, 1, 1, 3, 17, tzinfo=zone))
    found = list(stretches(first, end, zone))
    assert (found[0][0], found[-1][1]) == (first, end)
    assert all(a[1] == b[0] and a[2] != b[2] for a, b in itertools.pairwise(found))
    for low, high, shift in found:
        for minute in (low, (low + high) // 2, high - 1):
            assert time_of(minute, zone).utcoffset() == timedelta(minutes=shift)


def test_a_zone_without_summer_time_is_one_stretch():
    assert list(stretches(5, 6, UTC)) == [(5, 6, 0)]
    assert list(stretches(5, 5, UTC)) == []
