"""training/architectures/plan.py and searched.py: names of networks, their costs, the networks."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ConfigError
from training.architectures import build, named
from training.architectures.plan import Plan
from training.architectures.registry import MIEN_NANO
from training.config import TrainingConfig, read_config
from training.data import LABELS
from training.describe import describe, multiply_adds

BY_HAND = "searched-k5c20-r3c20n1-r3c40n2-r3c80n2"
# Every kind of block, with and without what it can have.
PLANS = [
    MIEN_NANO,
    "searched-k3c16-i5c24n2x3e-f3c40n1x2-b3c80n3e",
    "searched-k7c8-p3c16n2e-i3c32n2x1-r5c64n1e",
    "searched-k5c12-b5c16n1",
    BY_HAND,
]


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_its_name(name: str) -> None:
    assert str(Plan.parse(name)) == name


@pytest.mark.parametrize("name", PLANS)
def test_macs_are_those_of_the_network(name: str) -> None:
    assert Plan.parse(name).macs() == multiply_adds(build(name, len(LABELS)))


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("side", [48, 32, 21])
def test_the_network_is_what_the_plan_says(name: str, side: int) -> None:
    model = build(name, 7, side=side)
    assert model(np.zeros((2, side, side, 1), np.float32)).shape == (2, 7)
    there = {layer.name: layer for layer in model.layers}
    plan = Plan.parse(name)
    for one in [plan.stem(side), *(c for b in plan.blocks(side) for c in b.convolutions())]:
        layer = there[one.name]
        assert np.prod(layer.kernel.shape) == one.weights
        assert layer.output.shape[1:] == (one.side, one.side, one.outputs)
        assert layer.use_bias == one.bias


def test_mien_nano_costs_no_more_than_the_one_made_by_hand() -> None:
    found, by_hand = Plan.parse(MIEN_NANO), Plan.parse(BY_HAND)
    assert found.macs() == multiply_adds(build("mien-nano", len(LABELS))) == 19_121_616
    assert found.macs() <= by_hand.macs()
    assert found.int8_bytes() <= by_hand.int8_bytes()


def test_a_plan_is_an_architecture_like_others() -> None:
    config = read_config(None, architecture=PLANS[1])
    assert config.dropout == read_config(None, architecture="mien-nano").dropout
    assert named(PLANS[1]).stages == ()
    text = describe(TrainingConfig(architecture=PLANS[1]), LABELS)
    assert text.startswith(f"{PLANS[1]}: ")
    assert "At 12x12: 1 x fused inverted residual" in text


def test_a_network_of_a_plan_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    model = build(PLANS[1], 7)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    image = np.random.default_rng(0).uniform(0, 255, (1, 48, 48, 1)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(model(image)), np.asarray(again(image)))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("searched-", "'' is no beginning such as searched-k5c20"),
        ("searched-k4c20-r3c20n1", "'k4c20' is no beginning"),
        ("searched-k5c20", "has 0 stages: give 1 to 4"),
        ("searched-k5c20-r3c20n0", "'r3c20n0' is no stage"),
        ("searched-k5c20-z3c20n1", "'z3c20n1' is no stage"),
        ("searched-k5c20-i3c20n1", "'i3c20n1' needs x2, or another number"),
        ("searched-k5c20-r3c20n1x2", "'r3c20n1x2' has no x2 for its kind 'r'"),
    ],
)
def test_what_is_no_plan_is_said(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("(", "\\(")):
        read_config(None, architecture=name)
