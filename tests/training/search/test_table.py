"""training/search/table.py: who is the best of those that were tried."""

from __future__ import annotations

from tests.training.search.conftest import BASELINE as PLAN
from training.search.space import Candidate, genes_of
from training.search.table import best
from training.search.tried import BASELINE, CONFIRM, SEARCH, Tried


def tried(number: int, role: str, accuracy: float, again: int | None = None) -> Tried:
    return Tried(
        number, role, again, Candidate.of(genes_of(PLAN)), macs=1, size_bytes=1,
        accuracies=(accuracy,), inherited_from=None, inherited=0.0, complete=True, done=True,
    )  # fmt: skip


def test_a_second_try_counts_more_than_a_first_with_weights_of_others() -> None:
    first = [tried(0, BASELINE, 0.4), tried(1, SEARCH, 0.7), tried(2, SEARCH, 0.6)]
    again = [tried(3, CONFIRM, 0.5, again=1), tried(4, CONFIRM, 0.55, again=2)]
    assert best(first).number == 1
    assert best(first + again).number == 4


def test_a_second_try_of_the_baseline_alone_chooses_nobody() -> None:
    first = [tried(0, BASELINE, 0.49), tried(1, SEARCH, 0.62)]
    again = tried(2, CONFIRM, 0.5, again=0)
    assert best([*first, again]).number == 1
    assert best([first[0], again]).number == 0
    assert best([]) is None
