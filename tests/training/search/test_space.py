"""training/search/space.py and sampler.py: what may be proposed, and what is."""

from __future__ import annotations

import msgspec
import optuna
import pytest

from device.errors import ConfigError
from training.architectures.registry import MIEN_NANO
from training.config import read_config
from training.search.sampler import WithinLimits
from training.search.settings import Rung, SearchConfig
from training.search.space import GENES, Candidate, genes_of
from training.search.tried import CONFIRM, ROLE

LIMITS = SearchConfig(macs=(5e6, 2e7), bytes=(50_000, 300_000), population=4)


def test_the_baseline_is_mien_nano_trained_by_its_own_recipe() -> None:
    candidate = Candidate.of(genes_of(SearchConfig().baseline))
    assert str(candidate.plan) == MIEN_NANO
    recipe = read_config(None, architecture="mien-nano")
    made = msgspec.convert(candidate.settings(), type(recipe))
    for name in ("weight_decay", "label_smoothing", "dropout", "peak_rate", "augmentation"):
        assert getattr(made, name) == getattr(recipe, name), name


def test_small_pictures_are_moved_and_covered_less() -> None:
    candidate = Candidate.of(genes_of(MIEN_NANO))
    whole = candidate.config(SearchConfig(), Rung(3), 7)
    half = candidate.config(SearchConfig(), Rung(3, side=24), 7)
    assert half.augmentation.shift_px == whole.augmentation.shift_px / 2
    assert half.augmentation.erase_side_px == (3, 9)
    assert half.augmentation.rotate_deg == whole.augmentation.rotate_deg
    assert (half.epochs, half.seed) == (3, 7)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("searched-k5c20-r3c20n1", "has 1 stages: give 3"),
        ("searched-k5c20-r3c21n1-r3c40n2-r3c80n2", "channels_1 = 21 is outside"),
        ("searched-k5c20-r7c20n1-r3c40n2-r3c80n2", "kernel_1 = 7 is outside"),
        ("mien-nano", "no beginning"),
    ],
)
def test_a_baseline_outside_of_what_is_searched_is_refused(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        genes_of(name)


def candidates(sampler: WithinLimits, trials: int) -> list[Candidate]:
    """What the sampler proposes to a study in which more operations are better."""
    study = optuna.create_study(sampler=sampler, directions=["maximize", "minimize", "minimize"])
    found = []

    def objective(trial: optuna.Trial) -> tuple[float, float, float]:
        one = Candidate.suggested(trial)
        assert set(trial.params) == set(GENES)
        found.append(one)
        return one.plan.macs() / 1e8, one.plan.macs(), one.plan.int8_bytes()

    study.optimize(objective, n_trials=trials)
    return found


def test_only_what_is_within_the_limits_is_proposed() -> None:
    for one in candidates(WithinLimits(LIMITS, seed=1), 20):
        assert LIMITS.allows(one.plan.macs(), one.plan.int8_bytes())


def test_children_have_the_genes_of_their_parents() -> None:
    found = candidates(WithinLimits(LIMITS, seed=2), 14)
    first, later = found[: LIMITS.population], found[LIMITS.population :]
    rates = {one.peak_rate for one in first}
    # A number between 0.02 and 0.4 is not met twice by chance.
    assert sum(one.peak_rate in rates for one in later) > len(later) / 2


def test_a_second_try_has_no_children() -> None:
    sampler = WithinLimits(LIMITS, seed=3)
    study = optuna.create_study(sampler=sampler, directions=["maximize", "minimize", "minimize"])

    def objective(trial: optuna.Trial) -> tuple[float, float, float]:
        one = Candidate.suggested(trial)
        return 0.5, one.plan.macs(), one.plan.int8_bytes()

    study.optimize(objective, n_trials=2)
    study.enqueue_trial(study.trials[0].params, user_attrs={ROLE: CONFIRM})
    study.optimize(objective, n_trials=2)
    assert study.trials[2].params == study.trials[0].params
    assert [one.number for one in sampler.get_population(study, 0)] == [0, 1, 3]


def test_limits_that_nothing_fits_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"none of 20,000 networks was within macs = \[1"):
        WithinLimits(SearchConfig(macs=(1.0, 2.0)))


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="macs is 2e\\+07, 5e\\+06: give the least, then the most"):
        SearchConfig(macs=(2e7, 5e6))
