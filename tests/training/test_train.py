"""training/train.py: real runs, whole and cut off."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.in_process import ctrl_c_after_an_epoch
from tests.training.conftest import EPOCHS, LIMIT_S, TINY, Cli
from training import progress
from training.checkpoints import Checkpoints
from training.config import TrainingConfig
from training.data import load
from training.errors import DataError, DivergedError
from training.interrupt import HEARD, Interrupt
from training.run_folder import RunFolder
from training.train import train

# Runs the command, and ends without warning while a checkpoint is half written.
KILLED_WHILE_SAVING = """
import os, signal, sys
replace = os.replace
def cut_off(source, target):
    if str(target).endswith("epoch-0002.weights.h5"):
        os.truncate(source, os.path.getsize(source) // 2)
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = cut_off
from training.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_run_folder_holds_all_that_it_should(finished_run: tuple[Path, str]) -> None:
    folder, _ = finished_run
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    events = {name for name in left if name.startswith("tensorboard/")}
    assert left - events == {
        "config.json", "run.json", "history.csv", "metrics.json", "model.keras", "ferplus.keras",
        "model_architecture.txt", "learning_curves.png", "confusion_matrix.png", "reliability.png",
        f"checkpoint/epoch-{EPOCHS:04d}.weights.h5",
    }  # fmt: skip
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["data"]["data"]["name"] == "fer2013.csv"
    assert len(record["data"]["votes"]["sha256"]) == 64
    assert (folder / "model_architecture.txt").read_text("utf-8").startswith(f"{TINY}: ")


def test_each_epoch_has_its_line_and_the_evaluation_follows(finished_run: tuple[Path, str]) -> None:
    folder, stdout = finished_run
    lines = stdout.splitlines()
    assert lines[0].startswith(
        f"Training {TINY} on 84 images with FER+ votes, choosing by 28 (Public"
    )
    assert [line.split("  ")[0] for line in lines[1 : EPOCHS + 1]] == [
        f"epoch {i}/{EPOCHS}" for i in range(1, EPOCHS + 1)
    ]
    best = max(rows(folder), key=lambda row: float(row["val_accuracy"]))
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert metrics["epoch"] == int(float(best["epoch"]))
    assert metrics["accuracy"] == pytest.approx(float(best["val_accuracy"]), abs=1e-6)
    assert f"Accuracy on validation set: {metrics['accuracy']:.0%}" in lines


def test_the_model_is_plain_keras_in_float32_with_one_head(finished_run: tuple[Path, str]) -> None:
    with zipfile.ZipFile(finished_run[0] / "model.keras") as archive:
        config = archive.read("config.json").decode()
    modules = {part.split('"')[1] for part in config.split('"module": ')[1:] if part[0] == '"'}
    assert modules
    assert all(module.split(".")[0] == "keras" for module in modules)
    assert "bfloat16" not in config
    model = keras.saving.load_model(finished_run[0] / "model.keras")
    assert model.output_shape == (None, 7)
    assert model.get_layer("emotion").get_config()["activation"] == "linear"


def test_tensorboard_shows_the_history(finished_run: tuple[Path, str]) -> None:
    folder, _ = finished_run
    for part, tag, column in (
        ("train", "loss", "loss"), ("train", "learning_rate", "learning_rate"),
        ("validation", "loss", "val_loss"), ("validation", "accuracy", "val_accuracy"),
    ):  # fmt: skip
        events = EventAccumulator(str(folder / "tensorboard" / part))
        events.Reload()
        shown = events.Scalars(tag)
        assert [event.step for event in shown] == list(range(1, EPOCHS + 1))
        expected = [float(row[column]) for row in rows(folder)]
        assert [event.value for event in shown] == pytest.approx(expected, rel=1e-6)


def test_a_run_that_is_cut_off_twice_ends_as_if_nothing_had_been(
    finished_run: tuple[Path, str],
    training_arguments: list[str],
    environment: dict[str, str],
    here: Cli,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "killed"
    arguments = [*training_arguments, "--out", str(folder)]
    in_save = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_SAVING, *arguments],
        env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert in_save.returncode == -signal.SIGKILL, in_save.stderr
    assert in_save.stderr == ""
    assert len(rows(folder)) == 2
    assert {p.name for p in (folder / "checkpoint").iterdir()} == {
        "epoch-0001.weights.h5", "partial.weights.h5",
    }  # fmt: skip

    with ctrl_c_after_an_epoch(progress):
        stopped = here(*arguments)
    assert stopped.returncode == 130
    assert stopped.stderr.startswith(f"{HEARD}\nstopped: ")
    first, second = stopped.stdout.splitlines()
    assert first.endswith("going on after epoch 1")
    assert second.startswith("epoch 2/")
    assert len(rows(folder)) == 2
    assert not (folder / "metrics.json").exists()

    done = here(*arguments)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch 2" in done.stdout
    whole = finished_run[0]
    assert rows(folder) == rows(whole)
    models = [keras.saving.load_model(f / "model.keras") for f in (folder, whole)]
    for one, other in zip(*(m.get_weights() for m in models), strict=True):
        assert np.array_equal(one, other)
    assert (folder / "metrics.json").read_bytes() == (whole / "metrics.json").read_bytes()
    assert len(json.loads((folder / "run.json").read_text("utf-8"))["resumed"]) == 2


def test_a_run_that_is_cut_off_in_its_first_epoch_begins_anew(
    fer2013_csv: Path, here: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    arguments = ["train", "--data", fer2013_csv, "--arch", TINY, "--out", folder, "--epochs", "1"]
    heed = Interrupt.on_train_batch_end

    def press(self: Interrupt, batch: int, logs: dict[str, float] | None = None) -> None:
        signal.raise_signal(signal.SIGINT)
        heed(self, batch, logs)

    with monkeypatch.context() as patched:
        patched.setattr(Interrupt, "on_train_batch_end", press)
        stopped = here(*arguments)
    assert stopped.returncode == 130
    assert stopped.stderr == (
        f"{HEARD}\nstopped: no epoch was finished: "
        f"the same command begins the run in {folder} anew\n"
    )
    done = here(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("anew: the run there had not finished an epoch")
    assert len(rows(folder)) == 1


def test_early_stopping_outlives_the_process(fer2013_csv: Path, tmp_path: Path) -> None:
    dataset = load(fer2013_csv)
    # By one image the accuracy is 0 or 1: it can rise once at most.
    one = type(dataset)(
        dataset.train.take(np.arange(16)), dataset.validation.take(np.arange(1)), dataset.test
    )
    config = TrainingConfig(
        architecture=TINY, epochs=8, batch_size=16, patience=1, precision="float32"
    )
    train(config, one, RunFolder(tmp_path, config, {}))
    stopped = rows(tmp_path)
    assert 2 <= len(stopped) <= 3
    train(config, one, RunFolder(tmp_path, config, {}))
    assert rows(tmp_path) == stopped


def test_a_loss_that_is_no_number_ends_the_run(fer2013_csv: Path, tmp_path: Path) -> None:
    dataset = load(fer2013_csv)
    config = TrainingConfig(
        architecture=TINY, epochs=3, batch_size=8, peak_rate=1e30, precision="float32"
    )
    with pytest.raises(DivergedError, match="the loss is nan in epoch 1: use a lower peak_rate"):
        train(config, dataset, RunFolder(tmp_path, config, {}))
    assert not (tmp_path / "history.csv").exists() or rows(tmp_path) == []


def test_without_rows_to_train_on_it_says_so(fer2013_csv: Path, tmp_path: Path) -> None:
    dataset = load(fer2013_csv)
    nothing = type(dataset)(dataset.test, dataset.validation, dataset.test)
    with pytest.raises(DataError, match="no rows in its train split"):
        train(TrainingConfig(), nothing, RunFolder(tmp_path, TrainingConfig(), {}))


def test_what_is_kept_are_the_averaged_weights(
    fer2013_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one epoch of few steps the averages are still far from the weights."""
    weights: dict[str, np.ndarray] = {}
    save = Checkpoints.save

    def spy(self: Checkpoints, model: keras.Model, epoch: int) -> None:
        kernel = next(v for v in model.trainable_variables if v.name == "kernel")
        index = model.optimizer._get_variable_index(kernel)
        weights["now"] = keras.ops.convert_to_numpy(kernel)
        weights["average"] = keras.ops.convert_to_numpy(
            model.optimizer._model_variables_moving_average[index]
        )
        save(self, model, epoch)

    monkeypatch.setattr(Checkpoints, "save", spy)
    config = TrainingConfig(
        architecture=TINY, epochs=1, batch_size=16, precision="float32", peak_rate=0.5
    )
    run = RunFolder(tmp_path / "run", config, {})
    train(config, load(fer2013_csv), run)
    kept = keras.saving.load_model(run.model).trainable_variables
    kernel = keras.ops.convert_to_numpy(next(v for v in kept if v.name == "kernel"))
    assert np.array_equal(kernel, weights["average"])
    assert not np.allclose(kernel, weights["now"])
