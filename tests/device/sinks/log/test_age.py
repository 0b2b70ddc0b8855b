"""How long ago a log was begun, whatever the clock says."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import Moment
from device.sinks.log.age import Age

NOW_S = 1_800_000_000.0
HOUR_S = 3600.0
MONTHS_S = 200 * 24 * HOUR_S


def line(boot: str, monotonic_s: float, wall_s: float = NOW_S, synchronised: bool | None = False):
    return {
        "time": datetime.fromtimestamp(wall_s, UTC).isoformat(),
        "emotion": "happy" * 40,
        "monotonic_s": monotonic_s,
        "clock_synchronised": synchronised,
        "boot": boot,
    }


@pytest.fixture
def age(tmp_path: Path) -> Callable[..., Age]:
    def of(lines: list[dict], now: Moment) -> Age:
        path = tmp_path / "x.jsonl"
        path.write_text("".join(json.dumps(each) + "\n" for each in lines))
        return age_of(path, now)

    return of


def age_of(path: Path, now: Moment) -> Age:
    file = os.open(path, os.O_RDONLY)
    try:
        return Age(file, now)
    finally:
        os.close(file)


def test_of_an_empty_one_it_is_counted_from_now(age):
    found = age([], Moment(100.0, True, "b"))
    assert found.seconds(Moment(160.0, True, "b"), NOW_S) == 60


@pytest.mark.parametrize("jump_s", [0, MONTHS_S, -MONTHS_S, -NOW_S])
def test_within_a_boot_the_clock_on_the_wall_does_not_count(age, jump_s):
    lines = [line("b", 100.0, synchronised=True), line("b", 200.0, NOW_S + jump_s, True)]
    found = age(lines, Moment(300.0, True, "b"))
    assert found.seconds(Moment(400.0, True, "b"), NOW_S + jump_s) == 300


def test_over_a_boot_it_is_what_a_clock_says_that_was_set_before_and_is_now(age):
    found = age([line("a", 9000.0, NOW_S, True)], Moment(10.0, False, "b"))
    assert found.seconds(Moment(20.0, False, "b"), NOW_S - MONTHS_S) == 10
    assert found.seconds(Moment(30.0, True, "b"), NOW_S + HOUR_S) == HOUR_S
    assert found.seconds(Moment(30.0, True, "b"), NOW_S - HOUR_S) == 20  # it cannot be less


@pytest.mark.parametrize("synchronised", [False, None])
def test_over_boots_without_a_clock_it_is_how_long_the_device_ran(age, synchronised):
    """A device that is on for some hours a day, and never reaches a time server."""
    lines = [
        line(f"boot{boot}", 10.0 + second, wall_s=second, synchronised=synchronised)
        for boot in range(40)
        for second in range(0, 1800, 60)
    ]
    found = age(lines, Moment(5.0, False, "now"))
    per_boot_s = 1740
    assert found.seconds(Moment(65.0, synchronised, "now"), 0.0) == 40 * per_boot_s + 60


def test_it_goes_on_where_the_program_began_anew_in_the_same_boot(age):
    lines = [line("a", 50.0), line("a", 150.0), line("b", 10.0), line("b", 40.0)]
    found = age(lines, Moment(100.0, False, "b"))
    assert found.seconds(Moment(110.0, False, "b"), NOW_S) == 200


@pytest.mark.parametrize(
    "lines",
    [
        [{"time": "2026-11-20T14:30:00+01:00", "emotion": "happy"}],  # of an earlier version
        [{"time": "2026-11-20T14:30:00", "monotonic_s": 1, "boot": "a"}],
        [{"hello": 1}],
        [line("b", 1e9)],
    ],
)
def test_what_tells_nothing_counts_from_now(age, lines):
    found = age(lines, Moment(100.0, True, "b"))
    assert found.seconds(Moment(160.0, True, "b"), NOW_S) == 60


def test_lines_of_an_earlier_version_before_those_that_tell_are_no_trouble(age):
    old = {"time": "2026-11-20T14:30:00+01:00", "emotion": "happy" * 300}
    lines = [old] * 30 + [line("a", 50.0), line("a", 150.0), line("b", 10.0)]
    found = age(lines, Moment(100.0, False, "b"))
    assert found.seconds(Moment(110.0, False, "b"), NOW_S) == 200


@settings(deadline=None)
@given(
    boots=st.lists(st.lists(st.floats(0, 1000), min_size=1, max_size=40).map(sorted), max_size=12)
)
def test_each_boot_counts_by_itself(tmp_path_factory, boots):
    path = tmp_path_factory.mktemp("x") / "x.jsonl"
    lines = [line(f"boot{n}", at_s) for n, boot in enumerate(boots) for at_s in boot]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    found = age_of(path, Moment(7.0, False, "now"))
    ran_s = sum(boot[-1] - boot[0] for boot in boots)
    assert found.seconds(Moment(7.0, False, "now"), NOW_S) == pytest.approx(ran_s)
