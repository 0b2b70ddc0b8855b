"""The loss, the network, and a run that is cut off and goes on."""

from __future__ import annotations

import json
import math
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ConfigError, ModelError
from tests.in_process import ctrl_c_after_an_epoch
from tests.training.mask.conftest import faces
from training import __main__ as training
from training.errors import DivergedError, RunError
from training.face_training import Keep
from training.keras_file import load_network, save_model
from training.landmarks.config import FaceAugmentation
from training.mask import train as module
from training.mask.config import MaskConfig, read_config
from training.mask.figures import ask, measure
from training.mask.loss import MaskLoss, Overlap
from training.mask.network import build, load_mask
from training.mask.train import SELECTING, task, train
from training.run_folder import RunFolder

PLAIN = FaceAugmentation(rotate_deg=0, scale=1, coarse=0, jpeg=0, erase=0, contrast=0.1)
CONFIG = MaskConfig(
    epochs=5, batch_size=8, peak_rate=1e-2, ema_momentum=0.5, no_faces=0.0, precision="float32",
    augmentation=PLAIN,
)  # fmt: skip
DATA = {"data": {"name": "faces.csv", "sha256": "00"}}


def tiny() -> keras.Model:
    """In place of the network one of two layers, which tells light from dark."""
    image = keras.Input((96, 96, 1))
    x = keras.layers.Rescaling(1 / 64, offset=-2)(image)
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(image, keras.layers.Conv2D(1, 1, dtype="float32")(x))


def learn(folder: Path) -> RunFolder:
    """Train on drawn faces: they are lighter than what is round them."""
    run = RunFolder(folder, CONFIG, DATA)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "build", tiny)
        train(CONFIG, faces(32), faces(4, seed=1), run)
    return run


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return learn(tmp_path_factory.mktemp("runs") / "undisturbed")


def loss_of(truth, logits, dice=1.0):
    shape = (1, 4, 4, 1)
    fill = (np.full(shape, value, np.float32) for value in (truth, logits))
    return float(MaskLoss(dice)(*fill))


def test_the_loss_is_least_where_the_mask_is_right():
    assert loss_of(1, 20) < 1e-3
    assert loss_of(0, -20) < 1e-3  # a picture without a face
    assert loss_of(1, -20) > 20
    assert loss_of(0, 20) > 20
    assert loss_of(1, 0, dice=0) == pytest.approx(np.log(2), rel=1e-5)


def test_the_dice_loss_is_that_of_milletari():
    truth, logits = np.zeros((1, 4, 4, 1), np.float32), np.full((1, 4, 4, 1), -99, np.float32)
    truth[0, :2], logits[0, 1:3] = 1, 99
    both = float(MaskLoss(1.0)(truth, logits)) - float(MaskLoss(0.0)(truth, logits))
    assert both == pytest.approx(1 - (2 * 4 + 1) / (8 + 8 + 1), abs=1e-5)


def test_the_overlap_counts_faces_alone():
    metric = Overlap()
    truth, logits = np.zeros((2, 4, 4, 1), np.float32), np.full((2, 4, 4, 1), -1, np.float32)
    truth[0, :2], logits[0, 1:3] = 1, 1
    metric.update_state(truth, logits)
    assert float(metric.result()) == pytest.approx(4 / 12)


def test_the_network_is_as_small_as_it_is_said_to_be():
    model = build()
    # A byte each in int8, and some for the graph: 600 KB must do.
    assert model.count_params() < 500_000
    assert model.output_shape == (None, 48, 48, 1)


def test_it_learns(undisturbed):
    history = undisturbed.history()
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5]
    assert history[-1]["iou"] > 0.7
    assert history[-1]["iou"] > history[0]["iou"]
    assert SELECTING.best_epoch(history) >= 1
    assert load_network(undisturbed.model).labels == ("face",)


def test_a_run_that_is_cut_off_ends_as_if_it_had_not(undisturbed, tmp_path):
    with ctrl_c_after_an_epoch(module), pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "cut")
    assert RunFolder(tmp_path / "cut", CONFIG, DATA).checkpoints.epoch() == 1
    cut = learn(tmp_path / "cut")
    for name in ("loss", "val_iou"):
        one, other = ([row[name] for row in run.history()] for run in (cut, undisturbed))
        assert one == pytest.approx(other, rel=1e-3)
    weights = [load_mask(run.model).get_weights() for run in (cut, undisturbed)]
    for one, other in zip(*weights, strict=True):
        assert np.abs(one - other).max() < 1e-3


def test_another_run_is_not_written_over(undisturbed):
    with pytest.raises(RunError, match="epochs = 5, not 2"):
        RunFolder(undisturbed.folder, MaskConfig(epochs=2), DATA)


def test_a_loss_that_is_no_number_ends_the_run(undisturbed):
    figures = dict.fromkeys(("loss", "iou", "val_loss", "val_iou"), math.nan)
    with pytest.raises(DivergedError, match=r"nan in epoch 6: use a lower peak_rate"):
        Keep(undisturbed, task(CONFIG)).on_epoch_end(5, figures)


def test_what_marks_no_faces_is_no_mask(tmp_path):
    image = keras.Input((48, 48, 1))
    model = keras.Model(image, keras.layers.Dense(7)(keras.layers.Flatten()(image)))
    save_model(model, tuple("abcdefg"), tmp_path / "m.keras")
    with pytest.raises(ModelError, match="marks no faces"):
        load_mask(tmp_path / "m.keras")


def test_another_architecture_is_no_beginning(undisturbed, tmp_path):
    run = RunFolder(tmp_path / "run", CONFIG, DATA)
    with pytest.raises(ConfigError, match="another architecture"):
        train(CONFIG, faces(8), faces(4, seed=1), run, start=undisturbed.model)


def test_settings_that_are_wrong_are_named(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("dice_weight = -1\n")
    with pytest.raises(ConfigError, match=r"c.toml: .*dice_weight"):
        read_config(path)
    assert read_config(None, epochs=3).epochs == 3


def command(files: dict[str, Path], *arguments: object) -> int:
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    return training.main(["mask", *map(str, options), *map(str, arguments)])


def test_the_command_leaves_a_run_folder(files, undisturbed, tmp_path, monkeypatch, capsys):
    """It begins with the weights of another run, and at so low a rate it ends with them."""
    monkeypatch.setattr(module, "build", tiny)
    settings, out = tmp_path / "c.toml", tmp_path / "run"
    settings.write_text("batch_size = 8\nheld_out = 0.2\npeak_rate = 1e-12\nweight_decay = 0\n")
    options = ("--config", settings, "--epochs", 1, "--start-from", undisturbed.model)
    assert command(files, *options, "--out", out) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "test: 10 faces, IoU" in said.out
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["epoch"] == 1
    assert metrics["test"]["faces"] == 10
    assert metrics["test"]["iou"] > 0.5
    for name in ("history.csv", "config.json", "run.json"):
        assert (out / name).stat().st_size, name
    assert (out / "learning_curves.png").read_bytes().startswith(b"\x89PNG")
    before, after = (load_mask(path).layers[2].get_weights()[0]
                     for path in (undisturbed.model, out / "model.keras"))  # fmt: skip
    assert np.abs(before - after).max() < 1e-6


def test_a_kept_mask_is_measured_by_evaluate(files, undisturbed, tmp_path, capsys):
    """As the training did, and as its conversion does."""
    out, test = tmp_path / "measured", faces(10, seed=1)
    given = ("--data", files["test"], "--outlines", files["test-outlines"], "--out", out)
    assert evaluate(undisturbed.model, *given) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("test.csv: 10 faces, IoU ")
    overlaps = measure(ask(load_mask(undisturbed.model), test.pictures), test)
    there = json.loads((out / "metrics.json").read_text())
    assert there["name"] == "undisturbed"
    assert there["iou"] == pytest.approx(overlaps.iou, abs=1e-3)
    assert there["iou"] > 0.5


def test_a_mask_as_the_device_has_it_is_measured_by_evaluate(files, tmp_path, capsys):
    shipped = Path(__file__).parents[3] / "device/models/mask.tflite"
    given = ("--data", files["test"], "--outlines", files["test-outlines"], "--out", tmp_path)
    assert evaluate(shipped, *given) == 0
    assert json.loads((tmp_path / "metrics.json").read_text())["faces"] == 10
    assert "test.csv: 10 faces, IoU " in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    ([], "marks faces: give --outlines FILE to measure it by"),
    (["--votes", "x"], "--votes: without a meaning for a model of mask"),
    (["--find-faces", "--no-face", "whole"], "--find-faces, --no-face: without a meaning"),
    (["--outlines", "x", "--data", "y"], "2 data sets: of a network that reads no faces one"),
])  # fmt: skip
def test_what_says_nothing_of_a_mask_is_a_line(files, undisturbed, capsys, arguments, message):
    assert evaluate(undisturbed.model, "--data", files["test"], *arguments) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1


def evaluate(model: Path, *arguments: object) -> int:
    return training.main(["evaluate", str(model), *map(str, arguments)])


@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["--test", "x.csv"], 2, "--test and --test-outlines: give both"),
    (["--data", "none.csv"], 1, "none.csv"),
])  # fmt: skip
def test_what_cannot_be_used_is_a_line(files, tmp_path, capsys, arguments, code, message):
    two = {name: files[name] for name in ("data", "outlines")}
    assert command(two, "--out", tmp_path / "run", *arguments) == code
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
