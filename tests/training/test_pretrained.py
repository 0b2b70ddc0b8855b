"""training/pretrained.py: weights from elsewhere, from a file or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ConfigError
from tests.training.conftest import TINY, Cli, network, synthetic_rows
from training.architectures import build
from training.config import TrainingConfig, read_config
from training.data import fingerprint, load
from training.keras_file import load_model, save_model
from training.labels import FERPLUS_CLASSES, LABELS
from training.pretrained import begin_with, begin_with_model, weights_file
from training.run_folder import RunFolder
from training.train import train


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[np.ndarray]]:
    """Random weights in the form in which ImageNet's are published (Keras 2's), and themselves."""
    path = tmp_path_factory.mktemp("weights") / "resnet50_notop.h5"
    published = keras.applications.ResNet50(include_top=False, weights=None)
    published.save(path)
    return path, published.get_weights()


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14 images to train on, one step, and 7 to select by."""
    rows = synthetic_rows(3, "Training Training PublicTest")
    text = "".join(f"{label},{pixels},{usage}\n" for label, pixels, usage in rows)
    path = tmp_path_factory.mktemp("few") / "few.csv"
    path.write_text(f"emotion,pixels,Usage\n{text}", encoding="utf-8")
    return path


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
            build(TINY, 7).save(path)
        case "no weights":
            path.write_text("<html>not found</html>")
        case "cut short":
            path.write_bytes(weights[0].read_bytes()[:1_000_000])
    with pytest.raises(ConfigError, match=r"other\.h5: not ResNet50's without its head \(") as told:
        begin_with(path, network("resnet50"))
    assert "\n" not in str(told.value)


def test_resnet50_trains_its_head_alone_at_first_from_the_weights_given(
    weights: tuple[Path, list[np.ndarray]], here: Cli, few: Path, tmp_path: Path
) -> None:
    path, given = weights
    out = tmp_path / "run"
    options = {"architecture": "resnet50", "epochs": 1, "batch_size": 14}
    config, files = read_config(None, **options), {"data": fingerprint(few)}
    run = RunFolder(out, config, files | {"weights": fingerprint(path)})
    train(read_config(None, weights=str(path), **options), load(few), run)

    kept = keras.saving.load_model(run.model)
    # What is kept is the mean over the steps, which rounds; the head moves far more.
    for one, other in zip(kept.get_layer("resnet50").get_weights(), given, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert np.any(kept.get_layer("emotion").get_weights()[1])

    # Elsewhere the same file is the same; another file is not.
    moved = Path(shutil.copy(path, tmp_path / "elsewhere.h5"))
    RunFolder(out, config, files | {"weights": fingerprint(moved)})
    with moved.open("ab") as file:
        file.write(b"more")
    refused = here(
        "train", "--arch", "resnet50", "--data", few, "--out", out, "--epochs", 1,
        "--batch-size", 14, "--weights", moved,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "holds a run with data = few.csv (" in refused.stderr


def test_which_weights_were_given_is_recorded_and_not_where_they_lay(
    weights: tuple[Path, list[np.ndarray]], here: Cli, tmp_path: Path
) -> None:
    """The record is made first: without images it goes no further."""
    data, out = tmp_path / "none.csv", tmp_path / "run"
    data.write_text("emotion,pixels,Usage\n", encoding="utf-8")
    done = here(
        "train", "--arch", "resnet50", "--data", data, "--out", out, "--weights", weights[0]
    )
    assert done.returncode == 1
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["data"]["weights"] == fingerprint(weights[0])
    assert json.loads((out / "config.json").read_text("utf-8"))["weights"] == ""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A network of seven classes that has learned nothing, and its answers to noise."""
    path = tmp_path_factory.mktemp("small") / "small.keras"
    keras.utils.set_random_seed(3)
    model = build(TINY, 7)
    save_model(model, LABELS, path)
    return path, model.predict(_noise(), verbose=0)


def _noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (4, 48, 48, 1)).astype(np.float32)


def test_a_run_begins_with_the_answers_of_the_model_given(small: tuple[Path, np.ndarray]) -> None:
    model = build(TINY, 7, votes=8, for_training=True)
    begin_with_model(small[0], model, LABELS)
    answers = model.predict(_noise(), verbose=0)["emotion"]
    np.testing.assert_allclose(answers, small[1], rtol=1e-4, atol=1e-4)


def test_the_head_of_votes_comes_from_the_same_run(
    small: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    """The folder of a run has the network twice: with either head."""
    shutil.copy(small[0], tmp_path / "model.keras")
    voted = build(TINY, 8)
    save_model(voted, FERPLUS_CLASSES, tmp_path / "ferplus.keras")
    model = build(TINY, 7, votes=8, for_training=True)
    begin_with_model(tmp_path / "model.keras", model, LABELS)
    learned = voted.get_layer("emotion").get_weights()
    for one, other in zip(model.get_layer("votes").get_weights(), learned, strict=True):
        np.testing.assert_array_equal(one, other)
    answers = model.predict(_noise(), verbose=0)["emotion"]
    np.testing.assert_allclose(answers, small[1], rtol=1e-4, atol=1e-4)


def test_other_classes_are_learned_anew_from_the_same_features(
    small: tuple[Path, np.ndarray],
) -> None:
    model = build(TINY, 2)
    fresh = model.get_layer("emotion").get_weights()
    begin_with_model(small[0], model, ("happy", "sad"))
    for one, other in zip(model.get_layer("emotion").get_weights(), fresh, strict=True):
        np.testing.assert_array_equal(one, other)
    source, _ = load_model(small[0])
    np.testing.assert_array_equal(model.weights[0], source.weights[0])


def test_a_model_of_another_architecture_is_refused(
    here: Cli, small: tuple[Path, np.ndarray], fer2013_csv: Path, tmp_path: Path
) -> None:
    done = here(
        "train", "--arch", f"{TINY}-p3c8n1", "--start-from", small[0], "--data", fer2013_csv,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        f"train: --start-from {small[0]}: a network of another architecture: "
        "give a model of the same one, or --arch\n"
    )


def test_what_a_run_began_with_is_recorded(
    here: Cli, small: tuple[Path, np.ndarray], fer2013_csv: Path, tmp_path: Path
) -> None:
    done = here(
        "train", "--arch", TINY, "--start-from", small[0], "--data", fer2013_csv,
        "--out", tmp_path / "run", "--epochs", 1, "--batch-size", 16,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert record["data"]["start"]["name"] == "small.keras"
