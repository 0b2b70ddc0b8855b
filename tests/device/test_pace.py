from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pace import Pace
from device.records import Face, Reading


def reading(number):
    face = Face(number, (0, 0, 9, 9))
    return Reading(datetime.now(UTC), 0.0, face, "happy", {"happy": 1.0}, {"happy": 1.0}, "m")


def read_times(times_s, rate_hz, present=lambda face_id, time_s: True, faces=(1,), look_hz=60.0):
    """When each face's reading goes out, where it is seen when ``present`` says so."""
    pace, made = Pace(rate_hz=rate_hz, look_hz=look_hz), []
    for time_s in times_s:
        if pace.look(time_s):
            seen = [reading(n) for n in faces if present(n, time_s)]
            made += [(time_s, due.face.id) for due in pace.due(seen, time_s)]
    return made


def test_one_reading_a_period():
    made = read_times([i / 24 for i in range(24 * 20)], 1.0)
    assert [time_s for time_s, _ in made] == pytest.approx(list(range(20)))


def test_periods_count_from_the_first_frame():
    made = read_times([1000.3 + i / 10 for i in range(30)], 1.0)
    assert [time_s for time_s, _ in made] == pytest.approx([1000.3, 1001.3, 1002.3])


def test_a_face_missed_at_first_goes_out_in_the_same_period():
    times_s = [i / 10 for i in range(30)]
    made = read_times(times_s, 1.0, lambda n, t: n == 1 or not 0.95 < t < 1.35, faces=(1, 2))
    assert made == [(0, 1), (0, 2), (1.0, 1), (1.4, 2), (2.0, 1), (2.0, 2)]


def test_a_rate_above_the_frame_rate_reads_every_frame():
    times_s = [i / 10 for i in range(20)]
    assert [time_s for time_s, _ in read_times(times_s, 60.0)] == times_s


@pytest.mark.parametrize("camera_hz", [10, 15, 24, 30, 60])
@pytest.mark.parametrize("look_hz", [5, 10, 15, 60])
def test_so_many_frames_a_second_are_looked_at_of_a_camera_that_is_not_punctual(camera_hz, look_hz):
    pace, generator = Pace(rate_hz=1.0, look_hz=look_hz), np.random.default_rng(0)
    times_s = [i / camera_hz + generator.normal(0, 0.002) for i in range(20 * camera_hz)]
    looked = sum(pace.look(time_s) for time_s in times_s)
    assert looked == pytest.approx(20 * min(camera_hz, look_hz), rel=0.02)


@pytest.mark.parametrize("jump_s", [-1000.0, -1.0, 1000.0])
def test_after_a_jump_of_the_clock_the_looks_go_on(jump_s):
    pace = Pace(rate_hz=1.0, look_hz=10.0)
    for i in range(10):
        pace.look(i / 10)
    assert sum(pace.look(jump_s + 1 + i / 20) for i in range(40)) == pytest.approx(20, abs=1)


def test_a_rate_above_the_looks_makes_more_looks():
    pace = Pace(rate_hz=30.0, look_hz=1.0)
    assert all(pace.look(i / 30) for i in range(30))


@given(st.lists(st.floats(-1e9, 1e9), max_size=50), st.floats(0.01, 60))
def test_no_face_goes_out_twice_in_a_period_whatever_the_clock_does(times_s, rate_hz):
    pace = Pace(rate_hz=rate_hz, look_hz=10.0)
    for time_s in times_s:
        pace.look(time_s)
        pace.due([reading(1)], time_s)
        assert pace.due([reading(1)], time_s) == []


def test_a_clock_that_trembles_at_the_edge_of_a_period_gives_no_face_out_twice():
    pace = Pace(rate_hz=1.0, look_hz=60.0)
    made = [bool(pace.due([reading(1)], t)) for t in (0.0, 0.99, 1.0, 0.99, 1.01)]
    assert made == [True, False, True, False, False]
