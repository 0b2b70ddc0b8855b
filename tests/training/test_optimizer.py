"""training/optimizer.py: the rate's course, what decays, and learning in stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.training.conftest import network
from training.checkpoints import Checkpoints
from training.config import TrainingConfig
from training.optimizer import StagedAdam, StagedSGD, Stages, optimizer_for

RATE = 0.01
KINDS = pytest.mark.parametrize("kind", [StagedSGD, StagedAdam])


def staged(kind: type, frozen_steps: int, decay: float = 0.0) -> tuple[Any, keras.Model]:
    """A small network of two stages and a head, each half as fast as the next."""
    keras.utils.set_random_seed(0)
    x = keras.Input((4,))
    y = keras.layers.Dense(3, name="conv1_conv")(x)
    y = keras.layers.Dense(3, name="conv2_block1_conv")(y)
    model = keras.Model(x, keras.layers.Dense(2, name="emotion")(y))
    optimizer = kind(
        stages=Stages(("conv1", "conv2"), 0.5, frozen_steps),
        weight_decay=decay, learning_rate=RATE, use_ema=True, ema_momentum=0.9,
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer=optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    return optimizer, model


def moved(optimizer: Any, model: keras.Model, gradient: float) -> dict[str, np.ndarray]:
    """By how much one step moves each weight."""
    variables = model.trainable_variables
    before = [keras.ops.convert_to_numpy(v).copy() for v in variables]
    optimizer.apply([gradient * keras.ops.ones(v.shape) for v in variables], variables)
    after = [keras.ops.convert_to_numpy(v) for v in variables]
    return {v.path: b - a for v, b, a in zip(variables, before, after, strict=True)}


@KINDS
def test_frozen_stages_wait_and_then_learn_the_more_slowly_the_earlier(kind: type) -> None:
    optimizer, model = staged(kind, frozen_steps=2)
    for _ in range(2):
        steps = moved(optimizer, model, 1.0)
        assert not np.any(steps["conv1_conv/kernel"])
        assert not np.any(steps["conv2_block1_conv/bias"])
        assert np.all(steps["emotion/kernel"] > 0)
    steps = moved(optimizer, model, 1.0)
    full = steps["emotion/kernel"].mean()
    for layer, share in (("conv2_block1_conv", 0.5), ("conv1_conv", 0.25)):
        for weight in ("kernel", "bias"):
            np.testing.assert_allclose(steps[f"{layer}/{weight}"], share * full, rtol=1e-3)


@KINDS
def test_weights_decay_at_their_own_rate_and_frozen_ones_do_not(kind: type) -> None:
    optimizer, model = staged(kind, frozen_steps=1, decay=0.1)
    for shares in ((0, 0, 1), (0.25, 0.5, 1)):
        kernels = {
            v.path: keras.ops.convert_to_numpy(v).copy()
            for v in model.trainable_variables
            if v.name == "kernel"
        }
        steps = moved(optimizer, model, 0.0)
        for share, (path, kernel) in zip(shares, kernels.items(), strict=True):
            np.testing.assert_allclose(steps[path], share * RATE * 0.1 * kernel, atol=1e-7)
        assert not any(np.any(step) for path, step in steps.items() if path.endswith("bias"))


@KINDS
def test_what_is_restored_goes_on_in_its_stage(kind: type, tmp_path: Path) -> None:
    """Cut off while the stages are frozen, it thaws in the same step, to the same weights."""
    ends = []
    for cut_off in (False, True):
        optimizer, model = staged(kind, frozen_steps=3, decay=0.1)
        moved(optimizer, model, 1.0)
        moved(optimizer, model, -0.5)
        if cut_off:
            checkpoints = Checkpoints(tmp_path)
            checkpoints.save(model, 1)
            optimizer, model = staged(kind, frozen_steps=3, decay=0.1)
            checkpoints.restore(model)
        assert not np.any(moved(optimizer, model, 1.0)["conv1_conv/kernel"])
        assert np.any(moved(optimizer, model, 1.0)["conv1_conv/kernel"])
        ends.append([*model.get_weights(), *(np.asarray(v) for v in optimizer.variables)])
    for one, other in zip(*ends, strict=True):
        assert np.array_equal(one, other)


def test_one_cycle_rises_to_its_peak_and_falls_to_nought() -> None:
    config = TrainingConfig(epochs=10, peak_rate=0.2, warmup=0.3)
    rate = optimizer_for(config, steps=100)._learning_rate
    rates = [float(rate(step)) for step in (0, 150, 300, 650, 1000)]
    assert rates == pytest.approx([0.01, 0.105, 0.2, 0.1, 0.0], abs=1e-6)


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_only_weights_of_convolutions_and_dense_layers_decay(kind: str) -> None:
    optimizer = optimizer_for(TrainingConfig(optimizer=kind), steps=10)
    assert type(optimizer).__name__.lower() == kind
    model = network("mien")
    decaying = {v.path for v in model.trainable_variables if optimizer._use_weight_decay(v)}
    assert decaying == {v.path for v in model.trainable_variables if v.name == "kernel"}


def test_the_stages_of_resnet50_are_those_of_its_layers() -> None:
    config = TrainingConfig(
        architecture="resnet50", optimizer="adam", stage_rate=0.5, frozen_epochs=2
    )
    optimizer = optimizer_for(config, steps=10)
    model = network("resnet50")
    optimizer.build(model.trainable_variables)
    shares = {
        v.path.split("/")[-2].split("_")[0]: share
        for v, share in zip(model.trainable_variables, optimizer._shares, strict=True)
    }
    assert shares == {
        "conv1": 1 / 32, "conv2": 1 / 16, "conv3": 1 / 8, "conv4": 1 / 4, "conv5": 1 / 2,
        "emotion": None,
    }  # fmt: skip
    assert float(optimizer._stages.now(0.5, 19)) == 0.0
    assert float(optimizer._stages.now(0.5, 20)) == 0.5
