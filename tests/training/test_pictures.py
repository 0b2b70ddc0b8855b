"""training/pictures.py: the pictures are there, and show what they are given."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.metrics import Scores
from training.pictures import draw_confusion, draw_curves


def drawn(path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    assert image is not None
    assert min(image.shape[:2]) > 600
    return image


def test_a_right_and_a_wrong_classifier_look_different(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(7), 3)
    draw_confusion(Scores.of(labels, labels), "right", tmp_path / "right.png")
    draw_confusion(Scores.of(labels, (labels + 1) % 7), "wrong", tmp_path / "wrong.png")
    right, wrong = drawn(tmp_path / "right.png"), drawn(tmp_path / "wrong.png")
    assert right.shape == wrong.shape
    assert np.mean(np.abs(right.astype(int) - wrong) > 60) > 0.05


def test_labels_without_images_can_be_drawn(tmp_path: Path) -> None:
    draw_confusion(Scores.of(np.array([3]), np.array([3])), "one", tmp_path / "x.png")
    drawn(tmp_path / "x.png")


@pytest.mark.parametrize("epochs", [1, 30])
def test_curves_can_be_drawn_from_the_first_epoch_on(tmp_path: Path, epochs: int) -> None:
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    history = [{"epoch": float(e)} | dict.fromkeys(names, 1 / e) for e in range(1, epochs + 1)]
    draw_curves(history, "curves", tmp_path / "x.png")
    image = drawn(tmp_path / "x.png")
    blue = np.all(np.abs(image.astype(int) - (178, 114, 0)) < 40, axis=-1)  # validation, BGR
    assert blue.sum() > 100
