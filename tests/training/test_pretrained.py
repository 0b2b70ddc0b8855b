"""training/pretrained.py: weights from elsewhere, from a file or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ConfigError
from tests.training.conftest import Cli, synthetic_rows
from training.architectures import build
from training.architectures.resnet50 import backbone
from training.config import TrainingConfig, read_config
from training.pretrained import begin_with, weights_file


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[np.ndarray]]:
    """Random weights in the form in which ImageNet's are published (Keras 2's), and themselves."""
    path = tmp_path_factory.mktemp("weights") / "resnet50_notop.h5"
    network = keras.applications.ResNet50(include_top=False, weights=None)
    network.save(path)
    return path, network.get_weights()


def test_only_what_has_learned_elsewhere_has_weights(tmp_path: Path) -> None:
    assert weights_file(TrainingConfig()) is None
    path = tmp_path / "w.h5"
    path.touch()
    assert weights_file(TrainingConfig(architecture="resnet50", weights=str(path))) == path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    config = read_config(None, architecture="resnet50", weights=str(tmp_path / "none.h5"))
    with pytest.raises(
        ConfigError, match=r"weights .*none\.h5: no such file: give the path of res"
    ):
        weights_file(config)


def test_without_file_and_network_one_line_says_what_to_do(
    cli: Cli, fer2013_csv: Path, tmp_path: Path
) -> None:
    # Nothing listens on port 9, and no file is kept from before.
    done = cli(
        "train", "--arch", "resnet50", "--data", fer2013_csv, "--out", tmp_path / "run",
        https_proxy="http://127.0.0.1:9", KERAS_HOME=str(tmp_path / "keras"),
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("train: resnet50 needs ImageNet's weights, and https://storage.google")
    assert line.endswith("give the path of a copy as --weights, or weights in the configuration")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["another network", "no weights", "cut short"])
def test_a_file_of_something_else_is_refused(
    kind: str, weights: tuple[Path, list[np.ndarray]], tmp_path: Path
) -> None:
    path = tmp_path / "other.h5"
    match kind:
        case "another network":
            build("mien-nano", 7).save(path)
        case "no weights":
            path.write_text("<html>not found</html>")
        case "cut short":
            path.write_bytes(weights[0].read_bytes()[:1_000_000])
    image = keras.Input((48, 48, 1))
    model = keras.Model(image, _resnet_alone(image))
    with pytest.raises(ConfigError, match=r"other\.h5: not ResNet50's without its head \(") as told:
        begin_with(path, model)
    assert "\n" not in str(told.value)


def _resnet_alone(image: keras.KerasTensor) -> keras.KerasTensor:
    x = keras.layers.UpSampling2D(2)(image)
    return backbone()(keras.layers.Concatenate()([x, x, x]))


def test_resnet50_trains_its_head_alone_at_first_from_the_weights_given(
    weights: tuple[Path, list[np.ndarray]], cli: Cli, tmp_path: Path
) -> None:
    path, given = weights
    data, out = tmp_path / "few.csv", tmp_path / "run"
    rows = synthetic_rows(3, "Training Training PublicTest")
    text = "".join(f"{label},{pixels},{usage}\n" for label, pixels, usage in rows)
    data.write_text(f"emotion,pixels,Usage\n{text}", encoding="utf-8")
    command = ["train", "--arch", "resnet50", "--data", data, "--out", out, "--epochs", 1]
    done = cli(*command, "--batch-size", 14, "--weights", path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""

    kept = keras.saving.load_model(out / "model.keras")
    # What is kept is the mean over the steps, which rounds; the head moves far more.
    for one, other in zip(kept.get_layer("resnet50").get_weights(), given, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert np.any(kept.get_layer("emotion").get_weights()[1])
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["data"]["weights"]["name"] == path.name
    assert json.loads((out / "config.json").read_text("utf-8"))["weights"] == ""

    # Elsewhere the same file is the same; another file is not.
    moved = shutil.copy(path, tmp_path / "elsewhere.h5")
    again = cli(*command, "--batch-size", 14, "--weights", moved)
    assert again.returncode == 0, again.stderr
    with Path(moved).open("ab") as file:
        file.write(b"more")
    refused = cli(*command, "--batch-size", 14, "--weights", moved)
    assert refused.returncode == 2
    assert "holds a run with data = few.csv (" in refused.stderr
