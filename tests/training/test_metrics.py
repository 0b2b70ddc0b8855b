"""training/metrics.py: figures against ones worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from training.labels import LABELS
from training.metrics import Scores

ANGRY, FEAR, HAPPY, SAD = 0, 2, 3, 4


@pytest.fixture
def scores() -> Scores:
    """4 angry (3 right, 1 taken for sad), 2 happy (1 taken for sad), 2 sad (right)."""
    labels = np.array([ANGRY] * 4 + [HAPPY] * 2 + [SAD] * 2)
    predicted = np.array([ANGRY, ANGRY, ANGRY, SAD, HAPPY, SAD, SAD, SAD])
    return Scores.of(labels, predicted, LABELS)


def test_rows_are_labels_and_columns_what_was_read(scores: Scores) -> None:
    assert scores.confusion.shape == (7, 7)
    assert scores.confusion[ANGRY, SAD] == 1
    assert scores.confusion[SAD, ANGRY] == 0
    assert scores.support.tolist() == [4, 0, 0, 2, 2, 0, 0]


def test_figures_are_those_worked_out_by_hand(scores: Scores) -> None:
    assert scores.images == 8
    assert scores.accuracy == 6 / 8
    assert scores.precision[[ANGRY, HAPPY, SAD]].tolist() == [1, 1, 0.5]
    assert scores.recall[[ANGRY, HAPPY, SAD]].tolist() == [0.75, 0.5, 1]
    assert scores.f1[[ANGRY, HAPPY, SAD]] == pytest.approx([6 / 7, 2 / 3, 2 / 3])


def test_labels_without_images_do_not_count_in_the_mean(scores: Scores) -> None:
    assert scores.recall[FEAR] == 0
    assert scores.macro_f1 == pytest.approx((6 / 7 + 2 / 3 + 2 / 3) / 3)


def test_the_worst_recall_is_of_a_label_that_has_images(scores: Scores) -> None:
    assert scores.classes[scores.worst] == "happy"


def test_the_most_confused_come_first_and_the_right_ones_never(scores: Scores) -> None:
    labels, predicted = np.array([ANGRY] * 3 + [FEAR] * 5), np.array([SAD] * 3 + [SAD] * 4 + [FEAR])
    pairs = Scores.of(labels, predicted, LABELS).most_confused(5)
    assert pairs == [("fear", "sad", 4, 0.8), ("angry", "sad", 3, 1.0)]
    assert [pair[:3] for pair in scores.most_confused(1)] == [("angry", "sad", 1)]


def test_they_go_into_json_and_come_back(scores: Scores) -> None:
    there = json.loads(json.dumps(scores.to_dict()))
    assert there["accuracy"] == 0.75
    assert there["labels"]["sad"] == {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "images": 2}
    assert there["worst_recall"] == "happy"
    assert there["most_confused"] == [
        {"label": "angry", "read_as": "sad", "images": 1, "share": 0.25},
        {"label": "happy", "read_as": "sad", "images": 1, "share": 0.5},
    ]
    assert there["confusion"] == scores.confusion.tolist()
