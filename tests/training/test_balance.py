"""training/balance.py and its command: a class that is passed over is answered more often."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.conftest import Cli
from training.balance import shifts_for
from training.classifier import load_classifier
from training.data import DataError, load
from training.keras_file import save_model
from training.labels import LABELS

THREE = ("angry", "happy", "sad")
FEAR = LABELS.index("fear")


def test_no_logit_is_raised_where_every_class_is_read_often_enough() -> None:
    labels = np.array([0, 1, 2])
    assert not shifts_for(np.eye(3, dtype=np.float32), labels, THREE, 0.9).any()


def test_the_class_that_is_passed_over_is_raised_and_no_other() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [2] * 10)
    logits = 3 * np.eye(3, dtype=np.float32)[labels]
    # Sad faces are taken for angry ones, each by a little more than the one before.
    logits[20:, 0] = 3 + np.arange(1, 11) / 10
    shifts = shifts_for(logits, labels, THREE, 0.5)
    assert shifts[0] == shifts[1] == 0
    # Five of ten are right from 0.5 on, and no more was asked for.
    assert shifts[2] == pytest.approx(0.52, abs=0.021)
    assert ((logits + shifts).argmax(axis=1)[20:] == 2).sum() == 5


def test_what_cannot_be_told_apart_is_refused() -> None:
    labels = np.array([0, 1, 2] * 4)
    with pytest.raises(DataError, match="a recall of 60% for every class is out of reach"):
        shifts_for(np.zeros((12, 3), np.float32), labels, THREE, 0.6)


def test_a_class_without_images_is_named() -> None:
    with pytest.raises(DataError, match="no image of happy"):
        shifts_for(np.zeros((2, 3), np.float32), np.array([0, 2]), THREE, 0.5)


@pytest.fixture
def passes_over_fear(fer2013_csv: Path, tmp_path: Path) -> Path:
    """A network that knows all places of the square, and hardly ever answers fear."""
    training = load(fer2013_csv).train
    levels = training.images.reshape(len(training), -1) / 255
    kernel = np.stack([levels[training.labels == label].mean(axis=0) for label in range(7)], 1)
    kernel -= kernel.mean(axis=1, keepdims=True)
    image = keras.Input((48, 48, 1))
    head = keras.layers.Dense(7, name="emotion")
    model = keras.Model(image, head(keras.layers.Flatten()(image)))
    head.set_weights([kernel / 2550, np.where(np.arange(7) == FEAR, -8, 0)])
    save_model(model, LABELS, tmp_path / "before.keras")
    return tmp_path / "before.keras"


def test_the_command_writes_a_model_that_holds_what_it_says(
    here: Cli, passes_over_fear: Path, fer2013_csv: Path, tmp_path: Path
) -> None:
    after = tmp_path / "new" / "after.keras"
    data = ("--data", fer2013_csv)
    done = here("balance", passes_over_fear, *data, "--recall", "0.7", "--out", after)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0][:3] == ["PublicTest:", "28", "images,"]
    assert lines[6][:3] == ["fear", "0.0%", "75.0%"]  # three of four are the first above 70 %
    assert [line[0] for line in lines[4:11]] == list(LABELS)
    split = load(fer2013_csv).validation
    old, new = (load_classifier(path).logits(split.images) for path in (passes_over_fear, after))
    assert (new.argmax(axis=1)[split.labels == FEAR] == FEAR).mean() == 0.75
    assert np.allclose(np.delete(new - old, FEAR, axis=1), 0, atol=1e-4)


def test_a_name_that_keras_cannot_write_is_refused(
    here: Cli, passes_over_fear: Path, fer2013_csv: Path, tmp_path: Path
) -> None:
    done = here("balance", passes_over_fear, "--data", fer2013_csv, "--out", tmp_path / "after.h5")
    assert done.returncode == 2
    assert "give a name that ends with .keras" in done.stderr


@pytest.mark.parametrize("share", ["0", "1", "nan", "half"])
def test_a_share_that_is_none_is_refused(here: Cli, share: str, tmp_path: Path) -> None:
    done = here("balance", "m.keras", "--data", "d.csv", "--recall", share, "--out", tmp_path / "o")
    assert done.returncode == 2
    assert "--recall" in done.stderr
