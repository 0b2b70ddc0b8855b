"""training/pictures.py: the pictures are there, and show what they are given."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.calibration import reliability
from training.labels import FERPLUS_CLASSES, LABELS
from training.metrics import Scores
from training.pictures import draw_confusion, draw_curves, draw_reliability

BLUE, ORANGE, GREEN = (0, 114, 178), (230, 159, 0), (0, 158, 115)


def drawn(path: Path) -> np.ndarray:
    """The picture in ``path``, uint8 (height, width, 3), red first."""
    image = cv2.imread(str(path))
    assert image is not None
    assert min(image.shape[:2]) > 500
    return image[..., ::-1]


def of_colour(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Bool (height, width): where the picture has this colour."""
    return np.all(np.abs(image.astype(int) - colour) < 12, axis=-1)


def runs(dark: np.ndarray) -> int:
    """How many runs of True there are in a row."""
    return int((np.diff(dark.astype(int), prepend=0) == 1).sum())


def test_a_right_and_a_wrong_classifier_look_different(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(7), 3)
    draw_confusion(Scores.of(labels, labels, LABELS), "right", tmp_path / "right.png")
    wrong_scores = Scores.of(labels, (labels + 1) % 7, LABELS)
    draw_confusion(wrong_scores, "wrong", tmp_path / "wrong.png")
    right, wrong = drawn(tmp_path / "right.png"), drawn(tmp_path / "wrong.png")
    assert right.shape == wrong.shape
    assert np.mean(np.abs(right.astype(int) - wrong) > 60) > 0.05


def test_labels_without_images_can_be_drawn(tmp_path: Path) -> None:
    draw_confusion(Scores.of(np.array([3]), np.array([3]), LABELS), "one", tmp_path / "x.png")
    one = drawn(tmp_path / "x.png")
    all_of_one = Scores.of(np.arange(7), np.full(7, 3), LABELS)
    draw_confusion(all_of_one, "seven", tmp_path / "y.png")
    # White on dark: "0%" above "0" in 36 cells, against a dash in these and in six more.
    white, whites = (np.all(picture > 250, axis=-1) for picture in (one, drawn(tmp_path / "y.png")))
    middle = np.s_[200:400, 300:500]
    assert white[middle].sum() < 0.5 * whites[middle].sum()


def test_the_best_epoch_is_marked_whole_where_it_is_the_last_of_many(tmp_path: Path) -> None:
    names = ("loss", "accuracy", "val_loss", "learning_rate")
    for best in (70, 140):
        history = [
            {"epoch": float(e), "val_accuracy": float(e == best)} | dict.fromkeys(names, 0.5)
            for e in range(1, 141)
        ]
        draw_curves(history, "curves", tmp_path / f"{best}.png")
    inside, last = (drawn(tmp_path / f"{best}.png") for best in (70, 140))
    assert of_colour(last, GREEN).sum() > 0.9 * of_colour(inside, GREEN).sum()


def test_the_rate_of_a_single_epoch_has_an_axis_that_can_be_read(tmp_path: Path) -> None:
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    for rate in (0.0, 1e-13):
        row = {"epoch": 1.0, "learning_rate": rate} | dict.fromkeys(names, 0.5)
        draw_curves([row], "one", tmp_path / f"{rate}.png")
    assert np.array_equal(drawn(tmp_path / "0.0.png"), drawn(tmp_path / "1e-13.png"))


def test_the_table_grows_with_its_classes(tmp_path: Path) -> None:
    for classes in (("happy", "sad"), FERPLUS_CLASSES):
        labels = np.arange(len(classes))
        draw_confusion(Scores.of(labels, labels, classes), "x", tmp_path / f"{len(classes)}.png")
    two, eight = drawn(tmp_path / "2.png"), drawn(tmp_path / "8.png")
    assert eight.shape[0] > 1.3 * two.shape[0]


def test_the_diagram_has_a_bar_for_each_bin_with_answers_as_high_as_they_are_right(
    tmp_path: Path,
) -> None:
    """Two bins: 0.6 that are all right, and 0.95 of which half are."""
    confidence = np.array([0.6] * 10 + [0.95] * 10)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    labels = np.array([0] * 10 + [0, 1] * 5)
    draw_reliability(reliability(probabilities, labels), "two bins", tmp_path / "x.png")
    image = drawn(tmp_path / "x.png")
    blue = of_colour(image, BLUE)
    columns = np.flatnonzero(blue.sum(axis=0) > 0.1 * len(image))
    assert np.sum(np.diff(columns) > 5) == 1
    left, right = blue[:, columns[0] + 5].sum(), blue[:, columns[-1] - 5].sum()
    assert left == pytest.approx(2 * right, rel=0.1)
    # The mean probability lies above the bar of the second bin, and within that of the first.
    assert of_colour(image, ORANGE)[:, columns[0] : columns[-1]].sum() > 50


@pytest.mark.parametrize("epochs", [1, 2, 3, 30])
def test_curves_can_be_drawn_from_the_first_epoch_on(tmp_path: Path, epochs: int) -> None:
    names = ("loss", "val_loss", "val_accuracy", "learning_rate")
    history = [
        {"epoch": float(e), "accuracy": 0.5 / e} | dict.fromkeys(names, 1 / e)
        for e in range(1, epochs + 1)
    ]
    draw_curves(history, "curves", tmp_path / "x.png")
    image = drawn(tmp_path / "x.png")
    for colour in (BLUE, ORANGE, GREEN):
        assert of_colour(image, colour).sum() > 50


def test_the_axis_of_a_single_epoch_names_whole_epochs_alone(tmp_path: Path) -> None:
    """No 0.945, and no grid between epochs: one line across, at the dots."""
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    draw_curves([{"epoch": 1.0} | dict.fromkeys(names, 0.5)], "one", tmp_path / "x.png")
    image = drawn(tmp_path / "x.png")
    height, width, _ = image.shape
    grey = np.all(image < 250, axis=-1)
    upright = grey[int(0.1 * height) : int(0.15 * height), int(0.1 * width) :].all(axis=0)
    assert runs(upright) == 1
