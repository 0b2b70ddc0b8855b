"""training/teachers.py and ``distil``: what a student is told by trained networks."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ConfigError
from tests.training.conftest import TINY, Cli
from training.augment import Augmentation
from training.batches import Batches
from training.config import TrainingConfig
from training.data import Split, load
from training.keras_file import load_model, save_model
from training.labels import LABELS
from training.run_folder import RunFolder
from training.teachers import Teachers
from training.train import train


def teacher(path: Path, logits: list[float], classes: tuple[str, ...]) -> Path:
    """A network that answers every image alike."""
    image = keras.Input((48, 48, 1))
    answer = keras.layers.Dense(len(classes))(keras.layers.GlobalAveragePooling2D()(image))
    model = keras.Model(image, answer)
    model.layers[-1].set_weights([np.zeros((1, len(classes))), np.array(logits)])
    save_model(model, classes, path)
    return path


IMAGES = np.zeros((3, 48, 48), np.uint8)


def test_the_mean_of_several_teachers_counts_in_the_students_order(tmp_path: Path) -> None:
    one = teacher(tmp_path / "one.keras", [0.0, np.log(3)], ("happy", "sad"))
    other = teacher(tmp_path / "other.keras", [0.0, 0.0, 50.0], ("sad", "happy", "fear"))
    both = Teachers((one, other), ("happy", "sad")).probabilities(IMAGES)
    assert both.dtype == np.float32
    # The first says 1/4 happy, the second, without the class that it is not asked for, 1/2.
    assert both[:, 0] == pytest.approx([0.375] * 3, abs=1e-3)
    assert both[:, 1] == pytest.approx([0.625] * 3, abs=1e-3)


def test_an_image_and_its_mirror_image_are_answered_alike(tmp_path: Path) -> None:
    image = keras.Input((48, 48, 1))
    left = keras.layers.Cropping2D(((0, 0), (0, 24)))(image)
    answer = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(left))
    model = keras.Model(image, answer)
    model.layers[-1].set_weights([np.array([[0.0, 0.01]]), np.zeros(2)])
    save_model(model, ("happy", "sad"), tmp_path / "left.keras")
    bright_left = np.zeros((600, 48, 48), np.uint8)
    bright_left[:, :, :24] = 200
    told = Teachers((tmp_path / "left.keras",), ("happy", "sad")).probabilities(bright_left)
    # It sees 2 in logits on the one, nothing on the other.
    assert told[:, 1] == pytest.approx((1 / (1 + np.exp(-2)) + 0.5) / 2, abs=3e-3)


def test_a_temperature_makes_a_teacher_less_sure(tmp_path: Path) -> None:
    path = teacher(tmp_path / "t.keras", [0.0, np.log(9)], ("happy", "sad"))
    warm = Teachers((path,), ("happy", "sad"), temperature=2.0).probabilities(IMAGES)
    assert warm[0, 1] == pytest.approx(0.75, abs=1e-3)


def test_a_teacher_of_other_labels_is_refused(tmp_path: Path) -> None:
    path = teacher(tmp_path / "two.keras", [0.0, 0.0], ("happy", "sad"))
    with pytest.raises(ConfigError, match=r"two\.keras: does not know angry, disgust, fear"):
        Teachers((path,), LABELS)


def test_its_share_of_the_target_is_the_teachers(tmp_path: Path) -> None:
    answers = [0.0] * 7
    answers[3] = 50.0
    teachers = Teachers((teacher(tmp_path / "t.keras", answers, LABELS),), LABELS)
    split = Split(np.zeros((4, 48, 48), np.uint8), np.array([0, 1, 2, 3]))
    taught = teachers.probabilities(split.images)
    batches = Batches(split, 7, 4, augmentation=Augmentation(), taught=taught, taught_share=0.7)
    for _ in range(2):  # asking for a batch must not change the labels themselves
        _, targets, _ = batches[0]
        assert sorted(targets[:, 3].tolist()) == pytest.approx([0.7, 0.7, 0.7, 1.0], abs=1e-3)
        assert targets.sum(axis=1) == pytest.approx(1, abs=1e-3)


def test_a_run_tells_its_teachers_the_votes_where_it_is_to(
    fer2013_csv: Path, votes_csv: Path, tmp_path: Path
) -> None:
    dataset = load(fer2013_csv, votes_csv)
    teachers = Teachers((teacher(tmp_path / "t.keras", [0.0] * 7, LABELS),), LABELS)
    losses = {}
    for weight in (0.0, 1.0):
        config = TrainingConfig(
            epochs=1, batch_size=16, votes_share=0.0, teacher_share=1.0, teacher_votes=weight,
            architecture=TINY, precision="float32",
        )  # fmt: skip
        run = RunFolder(tmp_path / f"{weight}", config, {})
        train(config, dataset, run, teachers=teachers)
        losses[weight] = run.history()[0]["loss"]
    assert losses[1.0] != pytest.approx(losses[0.0], abs=1e-3)


def test_the_command_trains_a_student_and_records_its_teachers(
    here: Cli, finished_run: tuple[Path, str], fer2013_csv: Path, tmp_path: Path
) -> None:
    arguments = [
        "distil", "--teacher", finished_run[0] / "model.keras", "--arch", TINY,
        "--data", fer2013_csv, "--epochs", 1, "--batch-size", 16, "--out", tmp_path / "student",
    ]  # fmt: skip
    done = here(*arguments)
    assert done.returncode == 0, done.stderr
    assert f"Training {TINY} on 84 images and 1 teacher," in done.stdout
    record = json.loads((tmp_path / "student" / "run.json").read_text("utf-8"))
    assert record["data"]["teacher 1"]["name"] == "model.keras"
    assert load_model(tmp_path / "student" / "model.keras")[1] == LABELS
    other = teacher(tmp_path / "other.keras", [0.0] * 7, LABELS)
    refused = here(*arguments, "--teacher", other)
    assert refused.returncode == 2
    assert "holds a run with data = " in refused.stderr
