"""training/evaluate.py, training/report.py and their command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from device.errors import ModelError
from device.model_file import read_card, write_model
from tests.training.conftest import Cli
from training.__main__ import main
from training.calibration import calibration_error
from training.classifier import Classifier, load_classifier
from training.data import DataError, Dataset, Split, load
from training.evaluate import evaluate
from training.keras_file import save_model
from training.labels import FERPLUS_CLASSES, LABELS
from training.report import report
from training.shipped import INT8_MODEL
from training.subject import Subject

VALIDATION = Subject("validation")
ANGRY, HAPPY, SAD, NEUTRAL = 0, 3, 4, 6


def split_of(labels: list[int], first: int = 0) -> Split:
    """Images that differ from each other, each with its number in its first pixel."""
    images = np.zeros((len(labels), 48, 48), dtype=np.uint8)
    images[:, 0, 0] = np.arange(first, first + len(labels))
    return Split(images, np.array(labels, dtype=np.int64), None, "PublicTest")


def dataset_of(labels: list[int], train: Split | None = None) -> Dataset:
    empty = split_of([])
    return Dataset(train or empty, split_of(labels), empty)


def classifier_of(
    rows: Any, classes: tuple[str, ...] = LABELS, temperature: float = 1.0
) -> Classifier:
    """What gives image number i the logits ``rows[i]``."""
    table = np.array(rows, dtype=np.float32)
    return Classifier("oracle", classes, lambda images: table[images[:, 0, 0]], temperature)


def answering(answers: list[int], classes: tuple[str, ...] = LABELS) -> Classifier:
    return classifier_of(5 * np.eye(len(classes))[answers], classes)


def test_the_first_line_is_as_promised_and_the_second_says_of_what() -> None:
    labels = [label for label in range(7) for _ in range(32)]
    answers = [NEUTRAL] * 48 + labels[48:]
    subject = Subject("validation", "; a note")
    text = report(evaluate(answering(answers), dataset_of(labels), subject), subject)
    lines = text.splitlines()
    assert lines[0] == "Accuracy on test set: 79%"
    assert lines[1] == "PublicTest (validation split): 224 images, 78.57% right; a note"
    assert lines[2] == ""
    assert lines[3].split() == ["precision", "recall", "F1", "images"]
    assert [line.split()[0] for line in lines[4:11]] == list(LABELS)
    assert "worst recall: angry, 0.0%" in lines
    one = Subject("validation")
    told = report(evaluate(answering([HAPPY]), dataset_of([HAPPY]), one), one).splitlines()
    assert "angry              -         -         -         0" in told
    assert "  angry taken for neutral: 32 (100% of angry)" in lines
    assert any(line.startswith("macro F1: ") for line in lines)


def test_some_classes_are_measured_by_renormalising() -> None:
    """Where none of them is likeliest, the likelier of them is the answer."""
    rows = np.zeros((4, 7))
    rows[0, [ANGRY, HAPPY, SAD]] = 3, 2, 1  # happy: right among the two, wrong among seven
    rows[1, [HAPPY, SAD]] = 1, 2  # sad: right
    rows[2, [HAPPY, SAD]] = 4, 1  # sad, and read as happy
    subject = Subject("validation", classes=("sad", "happy"))
    classifier = classifier_of(rows, temperature=2.0)
    found = evaluate(classifier, dataset_of([HAPPY, SAD, SAD, ANGRY]), subject)
    assert found.scores.classes == ("sad", "happy")
    assert found.scores.confusion.tolist() == [[1, 1], [0, 1]]
    assert found.accuracy_among_all == pytest.approx(1 / 3)
    two = rows[:3, [SAD, HAPPY]].astype(np.float32)
    expected = calibration_error(two, np.array([1, 0, 0]), 2.0)
    assert found.reliability.error == pytest.approx(expected)
    lines = report(found, subject).splitlines()
    assert lines[2:4] == [
        "only sad, happy: 3 of 4 images",
        "probabilities renormalised over 2 of the model's 7 classes; "
        "33.33% right with all 7 to choose from",
    ]


def test_all_classes_in_another_order_leave_nothing_out() -> None:
    subject = Subject("validation", classes=LABELS[::-1])
    found = evaluate(answering([0, 1, 1]), dataset_of([0, 1, 2]), subject)
    assert found.scores.classes == LABELS[::-1]
    assert found.scores.accuracy == pytest.approx(2 / 3)
    assert report(found, subject).splitlines()[2] == ""


def test_a_model_of_some_classes_is_measured_on_their_rows() -> None:
    classifier = answering([0, 0, 1, 1], ("sad", "happy"))
    found = evaluate(classifier, dataset_of([SAD, HAPPY, ANGRY, HAPPY]), VALIDATION)
    assert found.scores.classes == ("happy", "sad")
    assert found.scores.confusion.tolist() == [[1, 1], [0, 1]]
    line = "only happy, sad: 3 of 4 images: the model reads no other class"
    assert report(found, VALIDATION).splitlines()[2:4] == [line, ""]


def test_a_class_that_the_data_does_not_have_is_left_out_of_the_answers() -> None:
    rows = np.zeros((2, 8))
    rows[:, FERPLUS_CLASSES.index("contempt")] = 2
    rows[0, FERPLUS_CLASSES.index("happy")] = 1
    rows[1, FERPLUS_CLASSES.index("sad")] = 1
    found = evaluate(classifier_of(rows, FERPLUS_CLASSES), dataset_of([HAPPY, SAD]), VALIDATION)
    assert (found.scores.accuracy, found.accuracy_among_all) == (1, 0)
    assert (
        report(found, VALIDATION)
        .splitlines()[2]
        .startswith(
            "probabilities renormalised over 7 of the model's 8 classes; 0.00% right with all 8 "
        )
    )


def test_classes_that_cannot_be_measured_are_named() -> None:
    two = answering([0], ("happy", "sad"))
    with pytest.raises(DataError, match=r"classes fear: not known to the model: .* happy, sad$"):
        evaluate(two, dataset_of([HAPPY]), Subject("validation", classes=("happy", "fear")))
    with pytest.raises(
        DataError, match=r"oracle reads cat, happy, the data has angry, .* the same"
    ):
        evaluate(answering([0], ("cat", "happy")), dataset_of([HAPPY]), VALIDATION)
    with pytest.raises(DataError, match="no rows in its validation split"):
        evaluate(two, dataset_of([ANGRY]), VALIDATION)


def test_images_that_training_has_as_well_are_told() -> None:
    """Four of ten: all read right, and half of the others."""
    labels = [HAPPY] * 10
    answers = [HAPPY] * 7 + [SAD] * 3
    dataset = dataset_of(labels, train=split_of([HAPPY] * 4))
    found = evaluate(answering(answers), dataset, VALIDATION)
    assert found.repeated is not None
    assert (found.repeated.images, found.repeated.accuracy_without) == (4, 0.5)
    line = "4 of them stand in the training split as well; of the others 50.00% are right"
    assert report(found, VALIDATION).splitlines()[2] == line
    known = evaluate(answering(answers), dataset_of(labels, split_of(labels)), VALIDATION)
    line = "all of them stand in the training split as well"
    assert report(known, VALIDATION).splitlines()[2] == line
    itself = Subject("train")
    assert evaluate(answering(answers), dataset, itself).repeated is None


def test_what_a_model_of_some_classes_never_learned_is_not_told() -> None:
    """An image that training has under a class that the model does not read."""
    dataset = dataset_of([HAPPY, SAD], train=split_of([ANGRY, SAD]))
    found = evaluate(answering([0, 0], ("happy", "sad")), dataset, VALIDATION)
    assert found.repeated is not None
    assert (found.repeated.images, found.repeated.accuracy_without) == (1, 1)


def test_the_figures_hold_all_that_is_printed() -> None:
    rows = np.zeros((4, 7))
    rows[[0, 1, 2, 3], [HAPPY, SAD, HAPPY, HAPPY]] = 2
    subject = Subject("validation", classes=("happy", "sad"))
    dataset = dataset_of([HAPPY, SAD, SAD, ANGRY], train=split_of([SAD], first=2))
    found = evaluate(classifier_of(rows, temperature=0.5), dataset, subject)
    there = json.loads(json.dumps(found.to_dict()))
    assert (there["images"], there["images_in_split"]) == (3, 4)
    assert there["accuracy"] == there["accuracy_among_all_classes"] == pytest.approx(2 / 3)
    assert there["classes_left_out"] == ["angry", "disgust", "fear", "surprise", "neutral"]
    assert there["worst_recall"] == "sad"
    assert there["most_confused"] == [
        {"label": "sad", "read_as": "happy", "images": 1, "share": 0.5}
    ]
    assert there["in_training"] == {"images": 1, "accuracy_without": 1}
    calibration = there["calibration"]
    # All three are said with 1 / (1 + exp(-4)), and two are right.
    assert calibration["temperature"] == 0.5
    assert calibration["mean_probability"] == pytest.approx(0.9820)
    assert calibration["error"] == pytest.approx(0.9820 - 2 / 3, abs=1e-4)
    assert len(calibration["bins"]) == 15
    assert calibration["bins"][-1] == {"images": 3, "probability": 0.982, "right": 0.6667}
    assert "error: 31.53% (temperature 0.500, 15 bins); mean probability 98.2%, 66.7% right" in (
        report(found, subject)
    )


def looking(path: Path, classes: tuple[str, ...], bright: list[int]) -> Path:
    """Save a network whose output i looks where label ``bright[i]`` has its bright square."""
    weights = np.zeros((48, 48, len(classes)), dtype=np.float32)
    for i, label in enumerate(bright):
        weights[6 * label : 6 * label + 10, 40 - 6 * label : 48 - 6 * label, i] = 1 / 80
    layers = [keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(len(classes))]
    model = keras.Sequential(layers)
    model.set_weights([weights.reshape(-1, len(classes)), np.zeros(len(classes))])
    save_model(model, classes, path)
    return path


def test_a_model_is_measured_by_what_it_says_of_each_image(
    fer2013_csv: Path, tmp_path: Path
) -> None:
    """A network that looks where each label has its bright square gets all right."""
    dataset = load(fer2013_csv)
    right = looking(tmp_path / "right.keras", LABELS, list(range(7)))
    assert evaluate(load_classifier(right), dataset, VALIDATION).scores.accuracy == 1
    wrong = looking(tmp_path / "wrong.keras", LABELS, [6, *range(6)])
    assert evaluate(load_classifier(wrong), dataset, VALIDATION).scores.accuracy == 0


def test_the_command_takes_validation_where_there_is_no_test_split_and_says_so(
    finished_run: tuple[Path, str], fer2013_csv: Path, here: Cli, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    done = here("evaluate", finished_run[0] / "model.keras", "--data", fer2013_csv, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    trained = json.loads((finished_run[0] / "metrics.json").read_text("utf-8"))
    assert lines[0] == f"Accuracy on test set: {trained['accuracy']:.0%}"
    assert lines[1] == (
        f"PublicTest (validation split): 28 images, {trained['accuracy']:.2%} right; "
        "the data has no test split"
    )
    for what, name in (("Confusion matrix", "confusion_matrix"), ("Reliability", "reliability")):
        assert f"{what}: {out / name}.png" in lines
        assert (out / f"{name}.png").read_bytes()[1:4] == b"PNG"
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    assert metrics["confusion"] == trained["confusion"]
    assert (metrics["split"], metrics["origin"]) == ("validation", "PublicTest")
    assert metrics["note"] == "the data has no test split"


def test_evaluations_of_different_things_go_into_different_folders(
    fer2013_csv: Path,
    votes_csv: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = looking(tmp_path / "seen.keras", LABELS, list(range(7)))
    monkeypatch.chdir(tmp_path)
    command = ["evaluate", str(model), "--data", str(fer2013_csv)]
    for more in ([], ["--classes", "happy, sad"], ["--split", "train"]):
        assert main([*command, *more]) == 0
    assert main([*command, "--labels", "ferplus", "--votes", str(votes_csv)]) == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "evaluate-seen-keras-train",
        "evaluate-seen-keras-validation",
        "evaluate-seen-keras-validation-ferplus",
        "evaluate-seen-keras-validation-happy-sad",
    ]
    assert "only happy, sad: 8 of 28 images\n" in capsys.readouterr().out


def test_a_model_of_eight_classes_is_measured_by_the_majority_of_votes(
    fer2013_csv: Path, votes_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = looking(tmp_path / "eight.keras", FERPLUS_CLASSES, [6, 3, 5, 4, 0, 1, 2, 0])
    out, votes = tmp_path / "out", ["--votes", str(votes_csv)]
    command = ["evaluate", str(model), "--data", str(fer2013_csv), "--out", str(out)]
    assert main([*command, *votes, "--labels", "ferplus"]) == 0
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    assert tuple(metrics["labels"]) == FERPLUS_CLASSES
    assert metrics["labels_of"] == "ferplus"
    # The votes were made without a look at the images; the labels are of these.
    majority = load(fer2013_csv, votes_csv, labels="ferplus").validation
    support = [metrics["labels"][name]["images"] for name in FERPLUS_CLASSES]
    assert support == np.bincount(majority.labels, minlength=8).tolist()
    assert "; labels are the majority of FER+ votes" in capsys.readouterr().out
    assert main(command) == 0
    assert json.loads((out / "metrics.json").read_text("utf-8"))["accuracy"] == 1


def test_a_class_that_the_model_lacks_is_one_line(
    fer2013_csv: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = looking(tmp_path / "two.keras", ("happy", "sad"), [3, 4])
    command = ["evaluate", str(model), "--data", str(fer2013_csv), "--out", str(tmp_path / "o")]
    assert main([*command, "--classes", "happy,fear"]) == 1
    assert capfd.readouterr().err == (
        "evaluate: classes fear: not known to the model: two reads happy, sad\n"
    )
    assert not (tmp_path / "o").exists()
    assert main(command) == 0
    assert "only happy, sad: 8 of 28 images: the model reads no other" in capfd.readouterr().out


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
        (saved(tmp_path / "classes.keras", 48, 8), r"output \(None, 8\), but Mien's networks"),
        (tmp_path / "conftest.txt", "model not found"),
    ):
        with pytest.raises(ModelError, match=says):
            load_classifier(path)
    other = tmp_path / "model.onnx"
    other.write_text("x")
    with pytest.raises(ModelError, match=r"of an unknown kind: give a \.keras or \.tflite"):
        load_classifier(other)


def test_a_truncated_model_is_named(tmp_path: Path) -> None:
    content = looking(tmp_path / "whole.keras", LABELS, list(range(7))).read_bytes()
    path = tmp_path / "short.keras"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r"short\.keras: not a model that Keras can load"):
        load_classifier(path)


def test_a_tflite_file_is_read_as_the_device_reads_it(fer2013_csv: Path, tmp_path: Path) -> None:
    """Also where its outputs are in an order of their own."""
    tflite = INT8_MODEL.read_bytes()
    card = read_card(INT8_MODEL)
    turned = [*LABELS[1:], LABELS[0]]
    write_model(tmp_path / "turned.tflite", tflite[: card["model_bytes"]], turned, card)
    dataset = load(fer2013_csv)
    plain = load_classifier(INT8_MODEL)
    assert plain.temperature == card["temperature"]
    split = dataset.split("validation")
    # Output k is now called what output k + 1 was called before. Of equal ones the first counts.
    answers = np.roll(plain.logits(split.images), 1, axis=1).argmax(axis=1)
    expected = np.zeros((7, 7), np.int64)
    np.add.at(expected, (split.labels, answers), 1)
    after = evaluate(load_classifier(tmp_path / "turned.tflite"), dataset, VALIDATION)
    assert after.scores.classes == LABELS
    assert after.scores.confusion.tolist() == expected.tolist()
    before = evaluate(plain, dataset, VALIDATION).scores.confusion
    assert after.scores.confusion.tolist() != before.tolist()
