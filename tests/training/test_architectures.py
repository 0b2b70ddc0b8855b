"""training/architectures/ and training/describe.py."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest
from keras import Model, layers

from device.errors import ConfigError
from tests.training.conftest import ROOT, TINY, Cli, network
from training.architectures import ARCHITECTURES, build, named
from training.architectures.attention import Partition
from training.config import TrainingConfig, read_config
from training.data import LABELS
from training.describe import describe, multiply_adds
from training.errors import RunError
from training.keep import Keep
from training.run_folder import RunFolder
from training.train import compiled

NAMES = list(ARCHITECTURES)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, size=(2, 48, 48, 1)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_raw_grey_levels_go_in_and_logits_come_out(name: str, images: np.ndarray) -> None:
    logits = np.asarray(network(name)(images))
    assert logits.shape == (2, 7)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert not np.allclose(logits.sum(axis=1), 1)


@pytest.mark.parametrize("name", ["mien", "mini-xception", "attention"])
def test_the_head_of_votes_is_beside_the_other(name: str) -> None:
    outputs = build(name, 7, votes=8)(np.zeros((3, 48, 48, 1), dtype=np.float32))
    assert {name: tuple(o.shape) for name, o in outputs.items()} == {
        "emotion": (3, 7),
        "votes": (3, 8),
    }


def test_sizes_are_those_that_the_networks_are_known_by() -> None:
    assert network("mini-xception").count_params() == 58_423  # As Arriaga et al. published it.
    assert network("mien").count_params() == 1_543_589
    assert 2.7e6 < network("vgg").count_params() < 3.3e6
    head = 2048 * 7 + 7
    # What Keras counts of its own, without its top.
    assert network("resnet50").count_params() == 23_587_712 + head


@pytest.mark.parametrize("name", ["mien", "mien-nano", "attention"])
def test_striding_layers_pad_evenly(name: str) -> None:
    """Padding "same" at a stride is uneven, and shifts the picture by half a pixel."""
    model = network(name)
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


def test_resnet50_is_given_pictures_as_its_weights_know_them() -> None:
    model = network("resnet50")
    grey = np.array([0, 77, 255], dtype=np.float32).reshape(3, 1, 1, 1)
    prepared = Model(model.input, model.get_layer("enlarged").output)
    colour = np.broadcast_to(grey, (3, 96, 96, 3)).copy()
    expected = keras.applications.resnet.preprocess_input(colour)
    given = np.asarray(prepared(np.broadcast_to(grey, (3, 48, 48, 1))))
    np.testing.assert_allclose(given, expected, atol=1e-3)


def test_batch_normalisation_of_resnet50_stays_as_it_is(images: np.ndarray) -> None:
    model = network("resnet50")
    inner = [
        n for n in model.get_layer("resnet50").layers if isinstance(n, layers.BatchNormalization)
    ]
    assert len(inner) == 53
    before = [layer.get_weights() for layer in inner]
    model(images, training=True)
    for layer, weights in zip(inner, before, strict=True):
        assert not layer.trainable_weights
        for one, other in zip(weights, layer.get_weights(), strict=True):
            assert np.array_equal(one, other)


def test_heads_that_look_alike_cost_more_than_heads_that_differ() -> None:
    places = np.zeros((4, 1, 6, 6, 1), dtype=np.float32)
    alike = [places[0] + 0.5] * 4
    for number in range(4):
        places[number, :, number] = 1
    costs = []
    for maps in (alike, list(places)):
        layer = Partition()
        for one, other in zip(layer(maps, training=True), maps, strict=True):
            assert np.array_equal(np.asarray(one), other)
        costs.append(float(layer.losses[0]))
    assert costs[0] > costs[1] > 0
    still = Partition()
    still(alike, training=False)
    assert still.losses == []


def test_what_keeps_heads_apart_is_for_training_only(images: np.ndarray) -> None:
    trained, plain = build("attention", 7, for_training=True), network("attention")
    assert sum(isinstance(layer, Partition) for layer in trained.layers) == 1
    own = {layer["module"] for layer in json.loads(plain.to_json())["config"]["layers"]}
    assert all(module.split(".")[0] == "keras" for module in own)
    trained(images, training=True)
    assert len(trained.losses) == 1
    plain(images, training=True)
    assert plain.losses == []
    # Layer by layer, as the kept model gets its weights.
    pairs = zip(*([n for n in m.layers if n.weights] for m in (trained, plain)), strict=True)
    for source, target in pairs:
        for variable in source.weights:
            if variable.name != "seed_generator_state":
                noise = np.random.default_rng(0).normal(0, 0.01, variable.shape)
                variable.assign(np.asarray(variable) + np.abs(noise))
        target.set_weights(source.get_weights())
    np.testing.assert_array_equal(np.asarray(trained(images)), np.asarray(plain(images)))


def test_multiply_adds_are_those_counted_by_hand() -> None:
    x = layers.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, padding="same", strides=2)(x)  # 4*4 * 3*3*3*4 = 1728
    y = layers.DepthwiseConv2D(3, padding="same")(y)  # 4*4 * 3*3*4 = 576
    y = layers.SeparableConv2D(6, 3, padding="same")(y)  # 4*4 * (3*3*4 + 4*6) = 960
    z = layers.Input((4, 4, 6))
    inner = Model(z, layers.Conv2D(2, 1)(z))  # 4*4 * 6*2 = 192
    y = layers.Dense(5)(layers.GlobalAveragePooling2D()(inner(y)))  # 2*5 = 10
    assert multiply_adds(Model(x, y)) == 1728 + 576 + 960 + 192 + 10


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_reasons(name: str) -> None:
    reasons = (inspect.getdoc(named(name).function()) or "").partition("\nReturns ")[0]
    assert len(reasons.split()) > 40


def test_the_description_has_figures_reasons_and_summary() -> None:
    text = describe(TrainingConfig(architecture="mini-xception"), LABELS)
    assert text.startswith("mini-xception: 58,423 parameters, ")
    reasons = text.split("Why it is so")[1].split("Scaling is a layer")[0]
    assert len(reasons.split()) > 40
    assert "emotion" in text.split("Summary")[1]
    assert "angry, disgust, fear" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_holds_only_what_differs_and_is_possible(name: str) -> None:
    recipe = ARCHITECTURES[name].recipe
    config = read_config(None, architecture=name)
    made = msgspec.to_builtins(config)
    for key, value in recipe.items():
        inside = made[key] if not isinstance(value, dict) else {k: made[key][k] for k in value}
        assert inside == value, key
    assert not {k for k, v in recipe.items() if getattr(TrainingConfig(), k) == v}


def test_names_and_recipes_are_known_without_keras() -> None:
    code = "import sys, training.config; sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_an_unknown_architecture_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'vgg16' is not known: use attention, mien, .*, vgg"):
        read_config(None, architecture="vgg16")


def test_a_run_of_another_architecture_is_not_gone_on_with(
    finished_run: tuple[Path, str],
) -> None:
    says = f"holds a run with architecture = '{TINY}', not 'vgg': use the same or another folder"
    with pytest.raises(RunError, match=says):
        RunFolder(finished_run[0], read_config(None, architecture="vgg"), {})


@pytest.mark.parametrize(
    ("name", "votes"), [("mien", 8), ("mien-nano", 0), ("vgg", 0), ("mini-xception", 8)]
)
def test_it_learns_and_is_kept(name: str, votes: int, tmp_path: Path) -> None:
    config = read_config(None, architecture=name)
    model = compiled(config, 7, votes, steps=4)
    before = model.get_weights()
    pictures = np.random.default_rng(0).uniform(0, 255, (8, 48, 48, 1)).astype(np.float32)
    labels = {"emotion": np.eye(7)[np.arange(8) % 7], "votes": np.eye(8)}
    for _ in range(2):
        loss = model.train_on_batch(pictures, labels if votes else labels["emotion"])[0]
        assert np.isfinite(loss)
    after = model.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    moved = [not np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert sum(moved) > 0.9 * len(moved)
    keep = Keep(RunFolder(tmp_path, config, {}), config, LABELS)
    keep.set_model(model)
    keep.on_test_end({"accuracy": 0.5})
    kept = keras.saving.load_model(tmp_path / "model.keras")
    assert kept.count_params() == network(name).count_params()
    assert kept.output_shape == (None, 7)


def test_the_command_trains_what_is_asked_for(
    here: Cli, fer2013_csv: Path, votes_csv: Path, tmp_path: Path
) -> None:
    """The network that is another in training than what is kept of it."""
    done = here(
        "train", "--arch", "attention", "--data", fer2013_csv, "--votes", votes_csv,
        "--out", tmp_path / "run", "--epochs", 1, "--batch-size", 42,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    kept = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert kept.count_params() == network("attention").count_params()
    assert kept.output_shape == (None, 7)
    used = json.loads((tmp_path / "run" / "config.json").read_text("utf-8"))
    assert (used["architecture"], used["optimizer"]) == ("attention", "adam")
