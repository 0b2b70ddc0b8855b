"""training/rounding.py: a network in training that answers as int8 will."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from convert.quantise import to_int8, with_full_range
from tests.training.conftest import TINY, Cli
from training.architectures import build
from training.augment import Augmentation, augment
from training.fused import accelerate
from training.gradients import gradient_of
from training.keras_file import load_model
from training.rounding import (
    ROUNDED,
    Rounded,
    RoundedConv2D,
    RoundedDense,
    RoundedDepthwiseConv2D,
    round_kernels,
)

ROOT = Path(__file__).parents[2]


def test_a_tensor_keeps_256_levels_and_its_zero() -> None:
    given = np.random.default_rng(0).normal(1, 3, (4, 50, 50, 2)).astype(np.float32)
    given[0, 0, 0] = 0
    rounded = np.asarray(Rounded()(given))
    step = (given.max() - given.min()) / 255
    assert 200 < len(np.unique(rounded)) <= 257
    assert np.abs(rounded - given).max() <= step * 0.501
    assert not rounded[0, 0, 0].any()


def test_a_range_holds_zero_even_where_no_value_does() -> None:
    given = np.linspace(10, 20, 1000, dtype=np.float32)[np.newaxis]
    assert np.diff(np.unique(np.asarray(Rounded()(given)))) == pytest.approx(20 / 255, rel=1e-3)


def test_each_output_channel_of_a_kernel_has_steps_of_its_own() -> None:
    layer = RoundedConv2D(2, 3)
    layer.build((None, 5, 5, 4))
    kernel = np.random.default_rng(0).normal(0, 1, (3, 3, 4, 2)).astype(np.float32)
    kernel[..., 1] *= 1000
    layer.set_weights([kernel, np.zeros(2)])
    for channel in (0, 1):
        step = np.abs(kernel[..., channel]).max() / 127
        steps = np.asarray(layer.kernel)[..., channel] / step
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
        np.testing.assert_allclose(steps, kernel[..., channel] / step, atol=0.501)


def test_each_channel_of_a_depthwise_kernel_has_steps_of_its_own() -> None:
    exact, rounded = layers.DepthwiseConv2D(3), RoundedDepthwiseConv2D(3)
    kernel = np.random.default_rng(0).normal(0, 1, (3, 3, 4, 1)).astype(np.float32)
    kernel *= np.array([1, 10, 100, 1000], np.float32)[:, np.newaxis]
    picture = np.random.default_rng(1).normal(0, 1, (1, 3, 3, 4)).astype(np.float32)
    for layer in (exact, rounded):
        layer.build((None, 3, 3, 4))
        layer.set_weights([kernel, np.zeros(4)])
    steps = np.asarray(rounded.kernel)[..., 0] / (np.abs(kernel[..., 0]).max(axis=(0, 1)) / 127)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    for channel in range(4):
        assert len(np.unique(np.round(steps[..., channel]))) > 5
    computed = np.asarray(rounded(picture))[0, 0, 0]
    np.testing.assert_allclose(
        computed, (picture[0] * np.asarray(rounded.kernel)[..., 0]).sum(axis=(0, 1)), rtol=1e-4
    )
    assert np.abs(computed - np.asarray(exact(picture))[0, 0, 0]).min() > 0


def test_the_kernels_that_are_kept_are_those_that_it_learned_with() -> None:
    """Of each kind that is rounded, and in the places of the layers without rounding."""
    image = keras.Input((6, 6, 2))
    x = layers.DepthwiseConv2D(3, depthwise_initializer="he_normal")(layers.Conv2D(4, 3)(image))
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))
    learned_with = accelerate(model, rounding=True)
    round_kernels(model)
    for kind in (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense):
        (kept,) = (layer for layer in model.layers if type(layer) is kind)
        (learned,) = (layer for layer in learned_with.layers if isinstance(layer, ROUNDED[kind]))
        np.testing.assert_allclose(kept.kernel, learned.kernel, rtol=1e-5, atol=1e-7)


def test_a_dense_kernel_has_the_same_steps_for_all_outputs() -> None:
    layer = RoundedDense(2)
    layer.build((None, 40))
    kernel = np.random.default_rng(0).normal(0, [1, 5], (40, 2)).astype(np.float32)
    layer.set_weights([kernel, np.zeros(2)])
    steps = np.asarray(layer.kernel) / (np.abs(kernel).max() / 127)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)


def test_rounding_lets_the_gradient_pass() -> None:
    image = keras.Input((48, 48, 1))
    mean = layers.GlobalAveragePooling2D()(Rounded()(image))
    model = keras.Model(image, layers.Dense(2, kernel_initializer="ones")(mean))
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 48, 48, 1)).astype(np.float32)
    _, slope = gradient_of(model, lambda logits: logits[:, 0])(pictures)
    np.testing.assert_allclose(slope, 1 / 48**2, rtol=1e-4)


@pytest.mark.parametrize("name", ["mien-nano", "searched-k3c8-i3c8n1x2"])
def test_a_network_with_rounding_has_the_same_weights(name: str) -> None:
    model = build(name, 7)
    rounding = accelerate(model, rounding=True)
    shapes = [weight.shape for weight in model.weights]
    assert [weight.shape for weight in rounding.weights] == shapes


def test_answers_are_as_far_off_as_those_of_the_converted_network(
    demo_picture: np.ndarray,
) -> None:
    # oneDNN, which TensorFlow reads of once, rounds otherwise on each kind of processor.
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0":
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", "as_far_off", __file__],
            cwd=ROOT, env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"}, check=True,
        )  # fmt: skip
        return
    crop = cv2.cvtColor(demo_picture[130:230, 270:370], cv2.COLOR_BGR2GRAY)
    face = cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA)
    changed = augment(np.stack([face] * 200), Augmentation(), np.random.default_rng(0))
    images = with_full_range(np.round(changed).astype(np.uint8))[..., np.newaxis].astype(np.float32)
    model, _ = load_model(ROOT / "training/runs/mien-nano/model.keras")
    exact = model.predict(images, verbose=0)
    rounded = accelerate(model, rounding=True).predict(images, verbose=0)
    # Both have the ranges of these very images.
    int8 = _answers(to_int8(model, images[..., 0].astype(np.uint8)), images)
    assert _noise(rounded - exact) == pytest.approx(_noise(int8 - exact), rel=0.5)


def _answers(tflite: bytes, images: np.ndarray) -> np.ndarray:
    """Return the logits of a file that has no card."""
    network = Interpreter(model_content=tflite)
    network.allocate_tensors()
    (given,), (answer,) = network.get_input_details(), network.get_output_details()
    scale, zero = answer["quantization"]
    logits = []
    for image in images:
        network.set_tensor(given["index"], (image[np.newaxis] - 128).astype(np.int8))
        network.invoke()
        logits.append(scale * (network.get_tensor(answer["index"])[0].astype(np.float32) - zero))
    return np.stack(logits)


def _noise(difference: np.ndarray) -> float:
    return float((difference - difference.mean(axis=1, keepdims=True)).std())


def test_what_trained_with_rounding_is_kept_without(
    here: Cli, finished_run: tuple[Path, str], fer2013_csv: Path, tmp_path: Path
) -> None:
    (tmp_path / "rounding.toml").write_text("rounding = true\npeak_rate = 0.001\n", "utf-8")
    done = here(
        "train", "--arch", TINY, "--start-from", finished_run[0] / "model.keras",
        "--data", fer2013_csv, "--config", tmp_path / "rounding.toml",
        "--epochs", 1, "--batch-size", 16, "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    model, _ = load_model(tmp_path / "run" / "model.keras")
    kinds = {type(layer) for layer in model.layers}
    assert layers.Conv2D in kinds
    assert not kinds & {Rounded, RoundedConv2D, RoundedDense}
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.Dense):
            kernel = layer.get_weights()[0]
            steps = kernel / np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1))) * 127
            if isinstance(layer, layers.Dense):
                steps = kernel / np.abs(kernel).max() * 127
            np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
