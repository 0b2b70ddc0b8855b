"""training/batches.py: the order depends on seed and epoch, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from training.augment import Augmentation
from training.batches import Batches
from training.data import Split


@pytest.fixture
def split() -> Split:
    images = np.repeat(np.arange(10, dtype=np.uint8), 48 * 48).reshape(10, 48, 48)
    return Split(images, np.arange(10) % 7)


def training(split: Split, **settings: int) -> Batches:
    return Batches(split, 7, 4, augmentation=Augmentation(), **settings)


def test_validation_gives_every_image_once_in_order(split: Split) -> None:
    batches = Batches(split, 7, 4)
    assert len(batches) == 3
    images = np.concatenate([batches[i][0] for i in range(3)])
    assert images.shape == (10, 48, 48, 1)
    assert images.dtype == np.float32
    assert images[:, 0, 0, 0].tolist() == list(range(10))


def test_training_leaves_the_smaller_batch_out_unless_it_is_the_only_one(split: Split) -> None:
    assert len(training(split)) == 2
    assert len(Batches(split, 7, 64, augmentation=Augmentation())) == 1


def test_a_run_taken_up_later_has_the_batches_it_would_have_had(split: Split) -> None:
    whole, resumed = training(split, seed=3), training(split, seed=3, epoch=2)
    whole.on_epoch_end()
    whole.on_epoch_end()
    for i in range(2):
        assert np.array_equal(whole[i][0], resumed[i][0])
        assert np.array_equal(whole[i][1], resumed[i][1])


def test_epochs_and_seeds_differ(split: Split) -> None:
    first = training(split, seed=3)[0][0]
    assert not np.array_equal(first, training(split, seed=3, epoch=1)[0][0])
    assert not np.array_equal(first, training(split, seed=4)[0][0])


def test_the_same_image_changes_anew_in_each_epoch_and_batch() -> None:
    alike = Split(np.tile(np.arange(48, dtype=np.uint8), (8, 48, 1)), np.zeros(8, dtype=np.int64))
    first, second = training(alike), training(alike, epoch=1)
    assert not np.array_equal(first[0][0], second[0][0])
    assert not np.array_equal(first[0][0], first[1][0])


def test_targets_are_of_the_images_beside_them(split: Split) -> None:
    images, targets = Batches(split, 7, 4)[1]
    assert targets.argmax(axis=1).tolist() == [int(i[0, 0, 0]) % 7 for i in images]
    assert targets.sum(axis=1).tolist() == [1, 1, 1, 1]


def test_an_image_without_votes_weighs_nothing_in_their_loss(split: Split) -> None:
    votes = np.full((10, 8), 0.125, dtype=np.float32)
    votes[2] = 0
    _, targets, weights = Batches(Split(split.images, split.labels, votes), 7, 4)[0]
    assert weights["emotion"].tolist() == [1, 1, 1, 1]
    assert weights["votes"].tolist() == [1, 1, 0, 1]
    assert targets["votes"].shape == (4, 8)


def test_a_share_of_the_target_comes_from_the_votes_at_first(split: Split) -> None:
    """All agree on one emotion, but its labels do not: half of each target is their share."""
    votes = np.zeros((10, 8), dtype=np.float32)
    votes[:, 0] = 1
    labels = np.array([6] * 5 + [4] * 5)
    voted = Split(split.images, labels, votes)
    share = {"votes_share": 0.5, "votes_epochs": 2}
    batches = Batches(voted, 7, 10, **share)
    for _ in range(2):
        _, targets, _ = batches[0]
        assert targets["emotion"][0, 6] == pytest.approx(0.75, abs=0.02)
        assert targets["emotion"][0, 4] == pytest.approx(0.25, abs=0.02)
        batches.on_epoch_end()
    for later in (batches, Batches(voted, 7, 10, **share, epoch=2), Batches(voted, 7, 10)):
        assert later[0][1]["emotion"][0].tolist() == [0, 0, 0, 0, 0, 0, 1]
