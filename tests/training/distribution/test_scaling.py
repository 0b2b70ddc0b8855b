"""training/distribution/scaling.py: what grows with the number of replicas."""

from __future__ import annotations

import pytest

from device.errors import ConfigError
from training.config import TrainingConfig
from training.distribution.scaling import changes, scaled

SGD = TrainingConfig(batch_size=128, peak_rate=0.1, ema_momentum=0.99)


def test_batch_and_rate_grow_in_proportion_and_the_average_reaches_as_far_back() -> None:
    four = scaled(SGD, 4, "linear")
    assert four.batch_size == 512
    assert four.peak_rate == pytest.approx(0.4)
    assert four.ema_momentum == pytest.approx(0.99**4)
    assert changes(SGD, four) == (
        "512 images a step in place of 128, peak_rate 0.4 in place of 0.1, "
        "ema_momentum 0.9606 in place of 0.99; --scale none keeps them"
    )


def test_the_rate_of_adam_grows_by_the_square_root() -> None:
    adam = TrainingConfig(optimizer="adam", peak_rate=1e-3)
    four = scaled(adam, 4, "linear")
    assert four.peak_rate == pytest.approx(2e-3)
    assert "square root, for Adam" in changes(adam, four)


def test_nothing_changes_for_one_or_where_it_is_not_wanted() -> None:
    assert scaled(SGD, 1, "linear") == SGD
    assert scaled(SGD, 4, "none") == SGD
    assert "as one processor has them" in changes(SGD, SGD)


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    with pytest.raises(ConfigError, match="a batch of 128 cannot be shared evenly by 3 replicas"):
        scaled(SGD, 3, "none")
