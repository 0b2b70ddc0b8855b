"""training/votes.py: what votes say of labels."""

from __future__ import annotations

import numpy as np
import pytest

from training.votes import label_given_votes, told_by_votes_too


def unanimous(emotions: np.ndarray) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[emotions]


def test_votes_that_go_with_two_labels_are_worth_a_share_of_each() -> None:
    """Of the images that all call neutral (0), three in four are labelled 6, the others 4."""
    votes = unanimous(np.zeros(400, dtype=np.int64))
    labels = np.where(np.arange(400) % 4 == 0, 4, 6)
    likely = label_given_votes(votes, labels, 7)
    assert likely.shape == (400, 7)
    assert likely.dtype == np.float32
    assert likely[:, 6] == pytest.approx(0.75, abs=0.02)
    assert likely[:, 4] == pytest.approx(0.25, abs=0.02)


def test_split_votes_may_mean_what_neither_half_means_alone() -> None:
    """Their products count: half sad and half neutral is labelled fear here."""
    sad, neutral = unanimous(np.full(100, 3)), unanimous(np.full(100, 0))
    votes = np.concatenate([sad, neutral, (sad + neutral) / 2])
    labels = np.repeat([4, 6, 2], 100)
    likely = label_given_votes(votes, labels, 7)
    assert (likely.argmax(axis=1) == labels).all()
    assert likely.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_an_image_without_votes_keeps_its_label() -> None:
    votes = unanimous(np.arange(8).repeat(10))
    votes[7] = 0
    likely = label_given_votes(votes, np.arange(80) % 7, 7)
    assert likely[7].tolist() == [1, 0, 0, 0, 0, 0, 0]
    none = label_given_votes(np.zeros((3, 8), np.float32), np.array([1, 2, 3]), 7)
    assert none.argmax(axis=1).tolist() == [1, 2, 3]


def test_a_teacher_that_is_told_the_votes_agrees_with_both() -> None:
    """Votes that always mean label 0 settle what the teacher doubts; without votes it stands."""
    votes = unanimous(np.array([1] * 50 + [0] * 50))
    votes[99] = 0
    labels = np.repeat([0, 1], 50)
    doubt = np.tile(np.float32([0.5, 0.4, 0.1]), (100, 1))
    told = told_by_votes_too(doubt, votes, labels, 0.5)
    assert told.dtype == np.float32
    assert told.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert told[:50, 0].min() > 0.8
    assert told[50:99, 1].min() > 0.8
    assert told[99] == pytest.approx(doubt[99])
    likely = label_given_votes(votes, labels, 3)
    odds = doubt[0, 0] / doubt[0, 1] * (likely[0, 0] / likely[0, 1]) ** 0.5
    assert told[0, 0] / told[0, 1] == pytest.approx(odds, rel=1e-4)
