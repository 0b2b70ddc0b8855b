"""training/landmarks/train.py and the command: a run, cut off and gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ConfigError, ModelError
from tests.in_process import ctrl_c_after_an_epoch, run_here
from tests.training.landmarks.drawing import NAMES, faces, write_csv
from training.__main__ import main
from training.errors import DataError, RunError
from training.landmarks import evaluate
from training.landmarks import train as training
from training.landmarks.config import LandmarksConfig, read_config
from training.landmarks.data import read_faces
from training.landmarks.network import build
from training.landmarks.start import begin_with, load_landmarks
from training.run_folder import RunFolder

CONFIG = LandmarksConfig(epochs=2, batch_size=16, peak_rate=1e-2)
DATA = {"data": {"name": "drawn", "sha256": "0"}}


def tiny(points: int) -> keras.Model:
    """In place of the network one of two layers, which tells light from dark."""
    image = keras.Input((96, 96, 1))
    x = keras.layers.Rescaling(1 / 64, offset=-2)(image)
    x = keras.layers.Conv2D(4, 4, strides=4, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(image, keras.layers.Conv2D(points, 1, dtype="float32")(x))


def learn(folder: Path) -> RunFolder:
    run = RunFolder(folder, CONFIG, DATA)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "build", tiny)
        training.train(CONFIG, faces(52), faces(8, seed=1), run)
    return run


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return learn(tmp_path_factory.mktemp("runs") / "undisturbed")


def test_a_run_leaves_history_checkpoint_and_model(undisturbed: RunFolder) -> None:
    history = undisturbed.history()
    assert [row["epoch"] for row in history] == [1, 2]
    assert history[1]["loss"] < history[0]["loss"]
    assert undisturbed.checkpoints.epoch() == 2
    model, names = load_landmarks(undisturbed.model)
    assert names == NAMES
    assert model.output_shape == (None, 24, 24, len(NAMES))


def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(
    undisturbed: RunFolder, tmp_path: Path
) -> None:
    with ctrl_c_after_an_epoch(training), pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "cut")
    assert RunFolder(tmp_path / "cut", CONFIG, DATA).checkpoints.epoch() == 1
    resumed = learn(tmp_path / "cut")
    for name in ("loss", "error_px", "val_error_px"):
        assert resumed.history()[1][name] == pytest.approx(undisturbed.history()[1][name], rel=1e-3)
    weights = [load_landmarks(run.model)[0].get_weights() for run in (resumed, undisturbed)]
    for one, other in zip(*weights, strict=True):
        assert np.allclose(one, other, atol=1e-3)


def test_a_folder_with_another_run_is_refused(undisturbed: RunFolder) -> None:
    with pytest.raises(RunError, match="batch_size = 16, not 8"):
        RunFolder(undisturbed.folder, LandmarksConfig(epochs=2, batch_size=8), DATA)


def test_a_run_can_begin_with_another_ones_weights(undisturbed: RunFolder, tmp_path: Path) -> None:
    model, _ = load_landmarks(undisturbed.model)
    fresh = tiny(len(NAMES))
    begin_with(undisturbed.model, fresh, NAMES)
    for one, other in zip(model.get_weights(), fresh.get_weights(), strict=True):
        assert np.array_equal(one, other)
    with pytest.raises(ConfigError, match="finds other points"):
        begin_with(undisturbed.model, fresh, ("a",) * len(NAMES))
    with pytest.raises(ConfigError, match="a network of another shape"):
        begin_with(undisturbed.model, build(len(NAMES)), NAMES)


def test_the_network_is_as_small_as_it_is_said_to_be() -> None:
    model = build(15)
    assert model.output_shape == (None, 24, 24, 15)
    # A byte each in int8, and some for the graph.
    assert model.count_params() < 300_000


def test_a_classifier_is_no_network_of_landmarks() -> None:
    shipped = Path(__file__).parents[3] / "training/runs/mien-nano/model.keras"
    with pytest.raises(ModelError, match="a network of classifier: give one of landmarks"):
        load_landmarks(shipped)


def test_settings_that_cannot_be_are_named_with_their_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("no_faces = 1.5\n")
    with pytest.raises(ConfigError, match=r"own\.toml: .*no_faces"):
        read_config(path)
    path.write_text("[augmentation]\nrotate_deg = 20\n")
    assert read_config(path, epochs=3).augmentation.rotate_deg == 20
    assert read_config(path, epochs=3).epochs == 3


def test_the_command_trains_measures_and_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "build", tiny)
    monkeypatch.setattr(evaluate, "_NO_FACES", 20)
    data = write_csv(tmp_path / "training.csv", faces(40))
    out = tmp_path / "run"
    given = ("--data", data, "--test", data, "--out", out, "--epochs", 1)
    done = run_here(main, "landmarks", *given)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Normalised mean error on the test set" in done.stdout
    for name in ("learning_curves.png", "points.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    figures = json.loads((out / "metrics.json").read_text())
    assert figures["test"]["faces"] == 40
    assert set(figures["test"]["nme_by_point"]) == set(NAMES)
    given = (out / "model.keras", "--data", data, "--out", tmp_path / "measured")
    again = run_here(main, "evaluate", *given)
    assert again.returncode == 0, again.stderr
    measured = json.loads((tmp_path / "measured" / "metrics.json").read_text())
    assert measured["nme"] == pytest.approx(figures["test"]["nme"], rel=1e-3)
    again = run_here(main, "evaluate", *given, "--no-face", "whole", "--outlines", data)
    assert again.returncode == 2
    wanted = "evaluate: --no-face, --outlines: without a meaning for a model of landmarks"
    assert again.stderr.startswith(wanted)
    assert again.stderr.count("\n") == 1


def test_data_that_cannot_be_learned_from_is_refused_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "landmarks68.csv"
    data.write_text("p0_x,p0_y\n1,2\n")
    done = run_here(main, "landmarks", "--data", data, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no column 'Image'" in done.stderr


def test_faces_without_eyes_cannot_be_measured(tmp_path: Path) -> None:
    grey = " ".join(["7"] * 96 * 96)
    data = tmp_path / "mouths.csv"
    data.write_text(f"mouth_x,mouth_y,Image\n1,2,{grey}\n")
    with pytest.raises(DataError, match="no columns of left_eye_center and right_eye_center"):
        read_faces(data)


def test_pictures_of_another_size_are_made_those_that_the_network_takes(tmp_path: Path) -> None:
    small = " ".join(["7"] * 48 * 48)
    data = tmp_path / "small.csv"
    header = ",".join(f"{name}_{axis}" for name in NAMES[:2] for axis in "xy")
    data.write_text(f"{header},Image\n30,20,10,20,{small}\n")
    faces_read = read_faces(data)
    assert faces_read.pictures.shape == (1, 96, 96)
    # The middle of the first of 48 pixels is that of the first two of 96.
    assert faces_read.points[0].tolist() == [[60.5, 40.5], [20.5, 40.5]]
