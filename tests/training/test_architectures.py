"""training/architectures.py and training/describe.py."""

from __future__ import annotations

import numpy as np
import pytest
from keras import Model, layers

from training.architectures import ARCHITECTURES, build
from training.config import TrainingConfig
from training.describe import describe, multiply_adds


@pytest.fixture(scope="module")
def model() -> Model:
    return build("mien", 7)


def test_raw_grey_levels_go_in_and_logits_come_out(model: Model) -> None:
    images = np.random.default_rng(0).uniform(0, 255, size=(2, 48, 48, 1)).astype(np.float32)
    logits = np.asarray(model(images))
    assert logits.shape == (2, 7)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert not np.allclose(logits.sum(axis=1), 1)


def test_the_head_of_votes_is_beside_the_other() -> None:
    outputs = build("mien", 7, votes=8)(np.zeros((3, 48, 48, 1), dtype=np.float32))
    assert {name: tuple(o.shape) for name, o in outputs.items()} == {
        "emotion": (3, 7),
        "votes": (3, 8),
    }


def test_striding_layers_pad_evenly(model: Model) -> None:
    """Padding "same" at a stride is uneven, and shifts the picture by half a pixel."""
    strided = [
        layer
        for layer in model.layers
        if isinstance(layer, layers.Conv2D) and layer.strides != (1, 1)
    ]
    assert strided
    assert all(layer.padding == "valid" for layer in strided)
    pads = [layer.padding for layer in model.layers if isinstance(layer, layers.ZeroPadding2D)]
    assert all(before == after for pad in pads for before, after in pad)
    assert [layer.output.shape[1] for layer in strided if layer.kernel_size != (1, 1)] == [
        24,
        12,
        6,
    ]


def test_multiply_adds_are_those_counted_by_hand() -> None:
    x = layers.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, padding="same", strides=2)(x)  # 4*4 * 3*3*3*4 = 1728
    y = layers.DepthwiseConv2D(3, padding="same")(y)  # 4*4 * 3*3*4 = 576
    y = layers.Dense(5)(layers.GlobalAveragePooling2D()(y))  # 4*5 = 20
    assert multiply_adds(Model(x, y)) == 1728 + 576 + 20


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_description_has_figures_reasons_and_summary(name: str) -> None:
    text = describe(TrainingConfig(architecture=name))
    parameters = build(name, 7).count_params()
    assert text.startswith(f"{name}: {parameters:,} parameters, ")
    reasons = text.split("Why it is so")[1].split("Scaling is a layer")[0]
    assert len(reasons.split()) > 40
    assert "Conv2D" in text.split("Summary")[1]
    assert "angry, disgust, fear" in text
