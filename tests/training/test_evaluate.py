"""training/evaluate.py and its command."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import ModelError
from device.model_file import read_card, write_model
from tests.training.conftest import ROOT, Cli
from training.data import load
from training.classifier import load_classifier
from training.evaluate import evaluate, report
from training.labels import LABELS
from training.metrics import Scores


def test_the_first_line_is_as_promised_and_the_second_says_of_what() -> None:
    labels = np.repeat(np.arange(7), 100)
    predicted = labels.copy()
    predicted[:197] = 6
    text = report(Scores.of(labels, predicted), "validation", "PublicTest", "; a note")
    lines = text.splitlines()
    assert lines[0] == "Accuracy on test set: 72%"
    assert lines[1] == "PublicTest (validation split): 700 images, 71.86% right; a note"
    assert lines[3].split() == ["precision", "recall", "F1", "images"]
    assert [line.split()[0] for line in lines[4:11]] == list(LABELS)
    assert "  angry taken for neutral: 100 (100% of angry)" in lines
    assert any(line.startswith("macro F1: ") for line in lines)


def test_a_model_is_measured_by_what_it_says_of_each_image(
    fer2013_csv: Path, tmp_path: Path
) -> None:
    """A network that looks where each label has its bright square gets all right."""
    weights = np.zeros((48, 48, 7), dtype=np.float32)
    for label in range(7):
        weights[6 * label : 6 * label + 10, 40 - 6 * label : 48 - 6 * label, label] = 1 / 80
    layers = [keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)]
    model = keras.Sequential(layers)
    model.set_weights([weights.reshape(-1, 7), np.zeros(7)])
    model.save(tmp_path / "m.keras")
    split = load(fer2013_csv).validation
    scores = evaluate(load_model(tmp_path / "m.keras"), split)
    assert scores.accuracy == 1
    model.set_weights([np.roll(weights, 1, axis=2).reshape(-1, 7), np.zeros(7)])
    model.save(tmp_path / "m.keras")
    assert evaluate(load_model(tmp_path / "m.keras"), split).accuracy == 0


def test_the_command_takes_validation_where_there_is_no_test_split_and_says_so(
    finished_run: tuple[Path, str], fer2013_csv: Path, cli: Cli, tmp_path: Path
) -> None:
    done = cli(
        "evaluate", finished_run[0] / "model.keras", "--data", fer2013_csv, "--out", tmp_path / "o"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    trained = json.loads((finished_run[0] / "metrics.json").read_text("utf-8"))
    assert lines[0] == f"Accuracy on test set: {trained['accuracy']:.0%}"
    assert lines[1] == (
        f"PublicTest (validation split): 28 images, {trained['accuracy']:.2%} right; "
        "the data has no test split"
    )
    assert f"Confusion matrix: {tmp_path / 'o' / 'confusion_matrix.png'}" in lines
    assert (tmp_path / "o" / "confusion_matrix.png").read_bytes()[1:4] == b"PNG"
    metrics = json.loads((tmp_path / "o" / "metrics.json").read_text("utf-8"))
    assert metrics["confusion"] == trained["confusion"]
    assert (metrics["split"], metrics["origin"]) == ("validation", "PublicTest")


def saved(path: Path, size: int, classes: int) -> Path:
    layers = [keras.Input((size, size, 1)), keras.layers.Flatten(), keras.layers.Dense(classes)]
    keras.Sequential(layers).save(path)
    return path


def test_a_file_that_is_no_such_model_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text.keras"
    text.write_text("x")
    for path, says in (
        (tmp_path / "none.keras", "model not found: .*none.keras: give a"),
        (text, "text.keras: not a model that Keras can load"),
        (saved(tmp_path / "size.keras", 32, 7), r"input \(None, 32, 32, 1\) and output"),
        (saved(tmp_path / "classes.keras", 48, 8), r"output \(None, 8\), expected"),
        (tmp_path / "conftest.txt", "model not found"),
    ):
        with pytest.raises(ModelError, match=says):
            load_model(path)
    other = tmp_path / "model.onnx"
    other.write_text("x")
    with pytest.raises(ModelError, match=r"of an unknown kind: give a \.keras or \.tflite"):
        load_model(other)


def test_a_truncated_model_is_named(finished_run: tuple[Path, str], tmp_path: Path) -> None:
    content = (finished_run[0] / "model.keras").read_bytes()
    path = tmp_path / "short.keras"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r"short\.keras: not a model that Keras can load"):
        load_model(path)


SHIPPED = sorted((ROOT / "device" / "models").glob("*.tflite"))


@pytest.mark.skipif(not SHIPPED, reason="no .tflite model is shipped yet")
def test_a_tflite_file_is_read_as_the_device_reads_it(fer2013_csv: Path, tmp_path: Path) -> None:
    """Also where its outputs are in an order of their own."""
    tflite = SHIPPED[0].read_bytes()
    card = read_card(SHIPPED[0])
    turned = [*LABELS[1:], LABELS[0]]
    write_model(tmp_path / "turned.tflite", tflite[: card["model_bytes"]], turned, card)
    split = load(fer2013_csv).validation
    plain = load_model(SHIPPED[0])(split.images)
    # Output k is now called what output k + 1 was called before.
    answers = load_model(tmp_path / "turned.tflite")(split.images)
    assert answers.tolist() == ((plain + 1) % len(LABELS)).tolist()
    assert len(set(plain.tolist())) > 1
