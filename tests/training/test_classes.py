"""Networks of other classes than FER2013's seven, from the command to the file."""

from __future__ import annotations

import json
from pathlib import Path

from tests.training.conftest import TINY, Cli
from training.keras_file import load_model
from training.labels import FERPLUS_CLASSES

QUICK = ("--arch", TINY, "--epochs", 1, "--batch-size", 16)


def test_two_classes_are_learned_alone(here: Cli, fer2013_csv: Path, tmp_path: Path) -> None:
    done = here("train", "--data", fer2013_csv, "--out", tmp_path, *QUICK, "--classes", "sad,happy")
    assert done.returncode == 0, done.stderr
    assert f"Training {TINY} on 24 images" in done.stdout
    model, classes = load_model(tmp_path / "model.keras")
    assert classes == ("sad", "happy")
    assert model.output_shape == (None, 2)
    metrics = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert list(metrics["labels"]) == ["sad", "happy"]
    assert metrics["images"] == 8


def test_ferplus_labels_are_eight(
    here: Cli, fer2013_csv: Path, votes_csv: Path, tmp_path: Path
) -> None:
    data = ("--data", fer2013_csv, "--votes", votes_csv, "--labels", "ferplus")
    done = here("train", *data, "--out", tmp_path / "run", *QUICK)
    assert done.returncode == 0, done.stderr
    assert load_model(tmp_path / "run" / "model.keras")[1] == FERPLUS_CLASSES


def test_the_head_of_votes_is_kept_as_a_network_of_its_own(
    here: Cli, finished_run: tuple[Path, str], fer2013_csv: Path, votes_csv: Path, tmp_path: Path
) -> None:
    model = finished_run[0] / "ferplus.keras"
    data = ("--data", fer2013_csv, "--votes", votes_csv, "--labels", "ferplus")
    done = here("evaluate", model, *data, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(json.loads((tmp_path / "metrics.json").read_text("utf-8"))["labels"]) == list(
        FERPLUS_CLASSES
    )


def test_a_class_that_is_not_there_is_named(here: Cli, fer2013_csv: Path, tmp_path: Path) -> None:
    data = ("--data", fer2013_csv, "--out", tmp_path / "run")
    for classes, says in (
        ("happy,bored", "class 'bored' is not known: use angry, disgust"),
        ("happy", "give two or more, each once"),
    ):
        done = here("train", *data, "--classes", classes)
        assert done.returncode == 1
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
    done = here("train", *data, "--labels", "ferplus")
    assert "labels of FER+ need its votes: give --votes" in done.stderr
