import time

import pytest

from device.costs import Costs


def test_each_stage_has_its_times_in_the_order_of_the_first():
    costs = Costs()
    for stage in ("find", "read", "find"):
        with costs.of(stage):
            pass
    times_s = costs.times_s()
    assert [(stage, len(times)) for stage, times in times_s.items()] == [("find", 2), ("read", 1)]
    assert all(time_s >= 0 for times in times_s.values() for time_s in times)


def test_what_fails_has_its_time_too():
    costs = Costs()
    with pytest.raises(ValueError, match="broken"), costs.of("read"):
        raise ValueError("broken")
    assert len(costs.times_s()["read"]) == 1


def test_only_the_last_times_are_kept():
    costs = Costs(keep=10)
    for _ in range(1000):
        with costs.of("read"):
            pass
    assert len(costs.times_s()["read"]) == 10


def test_getting_each_item_is_measured():
    costs = Costs()
    assert list(costs.each("capture", range(5))) == [0, 1, 2, 3, 4]
    assert len(costs.times_s()["capture"]) == 5


def test_what_is_spent_in_a_stage_within_another_is_counted_once():
    costs, began_s = Costs(), time.perf_counter()
    with costs.of("find"), costs.of("points"):
        within_s = time.perf_counter()
        while time.perf_counter() - within_s < 0.02:
            pass
    took_s = time.perf_counter() - began_s
    times_s = costs.times_s()
    assert times_s["points"][0] >= 0.02
    assert times_s["find"][0] + times_s["points"][0] <= took_s
