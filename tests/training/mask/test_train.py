"""The loss, the network, and a run that is cut off and goes on."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from device.errors import ConfigError, ModelError
from tests.training.mask.conftest import faces
from training.errors import DivergedError, RunError
from training.keras_file import load_network, save_model
from training.landmarks.config import FaceAugmentation
from training.mask import train as module
from training.mask.config import MaskConfig, read_config
from training.mask.loss import MaskLoss, Overlap
from training.mask.network import build, load_mask
from training.mask.train import best_epoch, epoch_line, train
from training.run_folder import RunFolder

tiny = pytest.mark.usefixtures("tiny_network")
DATA = {"data": {"name": "faces.csv", "sha256": "00"}}


def config(**settings):
    return MaskConfig(**{"batch_size": 8, "peak_rate": 1e-3, "precision": "float32", **settings})


@pytest.fixture
def tiny_network(monkeypatch):
    """In place of the network one of two layers, which tells light from dark."""

    def build():
        image = keras.Input((96, 96, 1))
        x = keras.layers.Rescaling(1 / 64, offset=-2)(image)
        x = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        return keras.Model(image, keras.layers.Conv2D(1, 1, dtype="float32")(x))

    monkeypatch.setattr(module, "build", build)
    return build


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
    assert model.count_params() < 330_000
    assert model.output_shape == (None, 48, 48, 1)


@tiny
def test_a_run_that_is_cut_off_ends_as_if_it_had_not(tmp_path):
    learned, selecting = faces(16), faces(4, seed=1)
    kept = []
    for name, stops in (("whole", [2]), ("cut", [1, 2])):
        for epochs in stops:
            run = RunFolder(tmp_path / name, config(epochs=2), DATA)
            if epochs == 1:
                cut_after_one_epoch(learned, selecting, run)
            else:
                train(config(epochs=2), learned, selecting, run)
        kept.append((run.history(), load_mask(run.model).get_weights()))
    (whole, weights), (cut, others) = kept
    assert [row["epoch"] for row in cut] == [1, 2]
    assert [row["loss"] for row in cut] == pytest.approx([row["loss"] for row in whole], rel=1e-4)
    for one, other in zip(weights, others, strict=True):
        assert np.abs(one - other).max() < 1e-4
    assert load_network(tmp_path / "cut/model.keras").labels == ("face",)


def cut_after_one_epoch(learned, selecting, run):
    """Train, and be interrupted when the first epoch is kept."""
    keep = run.checkpoints.save

    def save(model, epoch):
        keep(model, epoch)
        raise KeyboardInterrupt

    run.checkpoints.save = save
    with pytest.raises(KeyboardInterrupt):
        train(config(epochs=2), learned, selecting, run)
    run.checkpoints.save = keep


@tiny
def test_it_learns(tmp_path):
    """A few steps on drawn faces: they are lighter than what is round them."""
    plain = FaceAugmentation(rotate_deg=0, scale=1, coarse=0, jpeg=0, erase=0, contrast=0.1)
    how = config(epochs=6, peak_rate=1e-2, ema_momentum=0.5, augmentation=plain, no_faces=0.0)
    run = RunFolder(tmp_path / "run", how, DATA)
    train(how, faces(32), faces(4, seed=1), run)
    history = run.history()
    assert max(row["iou"] for row in history) > 0.7
    assert best_epoch(history) >= 1
    assert "IoU" in epoch_line(history, 6)


@tiny
def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    how = config(epochs=2, peak_rate=1e30)
    run = RunFolder(tmp_path / "run", how, DATA)
    with pytest.raises(DivergedError, match="use a lower peak_rate"):
        train(how, faces(16), faces(4, seed=1), run)


def test_a_run_begins_with_the_weights_of_another(tmp_path, tiny_network):
    path = tmp_path / "start.keras"
    save_model(tiny_network(), ("face",), path, "mask")
    how = config(epochs=1, peak_rate=1e-12, weight_decay=0.0)
    run = RunFolder(tmp_path / "run", how, DATA)
    train(how, faces(8), faces(4, seed=1), run, start=path)
    one, other = (keras_kernels(p) for p in (path, run.model))
    assert all(np.abs(a - b).max() < 1e-6 for a, b in zip(one, other, strict=True))


def keras_kernels(path):
    return [w for w in load_mask(path).get_weights() if w.ndim == 4]


def test_what_marks_no_faces_is_no_mask(tmp_path):
    image = keras.Input((48, 48, 1))
    model = keras.Model(image, keras.layers.Dense(7)(keras.layers.Flatten()(image)))
    save_model(model, tuple("abcdefg"), tmp_path / "m.keras")
    with pytest.raises(ModelError, match="marks no faces"):
        load_mask(tmp_path / "m.keras")


def test_settings_that_are_wrong_are_named(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("dice_weight = -1\n")
    with pytest.raises(ConfigError, match=r"c.toml: .*dice_weight"):
        read_config(path)
    assert read_config(None, epochs=3).epochs == 3


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "training", "mask", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def options(files):
    return [part for name, path in files.items() for part in (f"--{name}", path)]


def test_the_command_leaves_a_run_folder(files, tmp_path):
    (tmp_path / "c.toml").write_text("batch_size = 8\nepochs = 1\nheld_out = 0.2\n")
    out = tmp_path / "run"
    done = command(*options(files), "--config", tmp_path / "c.toml", "--out", out)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["epoch"] == 1
    assert metrics["test"]["faces"] == 10
    assert 0 <= metrics["validation"]["iou"] <= 1
    for name in ("model.keras", "history.csv", "learning_curves.png", "config.json", "run.json"):
        assert (out / name).stat().st_size, name
    assert "IoU" in done.stdout
    other = command(*options(files), "--epochs", 2, "--out", out)
    assert other.returncode == 2
    assert "holds a run with" in other.stderr


@pytest.mark.parametrize(("arguments", "message"), [
    (["--test", "x.csv"], "--test and --test-outlines"),
    (["--data", "none.csv"], "none.csv"),
])  # fmt: skip
def test_what_cannot_be_used_is_a_line(files, tmp_path, arguments, message):
    two = {name: files[name] for name in ("data", "outlines")}
    done = command(*options(two), "--out", tmp_path / "run", *arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@tiny
def test_another_run_is_not_written_over(tmp_path):
    train(config(epochs=1), faces(8), faces(4, seed=1), RunFolder(tmp_path, config(epochs=1), DATA))
    with pytest.raises(RunError, match="epochs = 1, not 2"):
        RunFolder(tmp_path, config(epochs=2), DATA)


def test_another_architecture_is_no_beginning(tmp_path, tiny_network):
    path = tmp_path / "start.keras"
    save_model(build(), ("face",), path, "mask")
    run = RunFolder(tmp_path / "run", config(epochs=1), DATA)
    with pytest.raises(ConfigError, match="another architecture"):
        train(config(epochs=1), faces(8), faces(4, seed=1), run, start=path)
