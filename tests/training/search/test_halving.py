"""training/search/halving.py: who goes on, and who is on the front."""

from __future__ import annotations

from training.search.halving import Standing, front, goes_on


def at(accuracy: float, macs: float = 10.0, size_bytes: float = 10.0) -> Standing:
    return Standing(accuracy, macs, size_bytes)


def test_the_better_half_goes_on() -> None:
    others = [at(0.1), at(0.2), at(0.4), at(0.5)]
    assert goes_on(at(0.6), others, 0.5)
    assert goes_on(at(0.45), others, 0.5)
    assert not goes_on(at(0.15), others, 0.5)
    assert not goes_on(at(0.3), others, 0.4)


def test_who_is_worse_but_cheaper_than_all_goes_on_before_who_is_dominated() -> None:
    others = [at(0.4, macs=20), at(0.5, macs=30), at(0.6, macs=40), at(0.45, macs=35)]
    assert goes_on(at(0.3, macs=5), others, 0.8)
    assert not goes_on(at(0.3, macs=50), others, 0.8)


def test_the_first_ones_go_on_whatever_they_are() -> None:
    assert goes_on(at(0.0), [at(0.9), at(0.8)], 0.5)
    assert not goes_on(at(0.0), [at(0.9), at(0.8), at(0.7)], 0.5)


def test_a_share_of_one_stops_nobody() -> None:
    assert goes_on(at(0.0, macs=99), [at(0.9), at(0.8), at(0.7), at(0.6)], 1.0)


def test_the_front_is_who_is_dominated_by_nobody() -> None:
    trials = [
        at(0.5, 10, 10),
        at(0.5, 10, 9),  # as good as the first, and smaller
        at(0.6, 20, 20),
        at(0.4, 5, 30),  # the fewest operations
        at(0.4, 15, 30),
    ]
    assert front(trials) == [False, True, True, True, False]


def test_of_two_that_are_the_same_both_are_on_the_front() -> None:
    assert front([at(0.5), at(0.5)]) == [True, True]
