"""training/batches.py: the order depends on seed and epoch, and nothing is lost."""

from __future__ import annotations

import keras
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
    images, targets, _ = Batches(split, 7, 4)[1]
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


def test_a_mixture_has_both_images_and_both_targets_in_the_same_shares(split: Split) -> None:
    plain = Augmentation(
        flip=False, rotate_deg=0, scale=0, shift_px=0, contrast=0, brightness=0, erase_probability=0
    )
    (images, targets, _), (alone, of_alone, _) = (
        Batches(split, 7, 10, augmentation=plain, mixup=mixup)[0] for mixup in (1.0, 0.0)
    )
    assert images.dtype == targets.dtype == np.float32
    # Image n is grey n throughout, in the same order with and without.
    levels, unmixed = images[:, 0, 0, 0], alone[:, 0, 0, 0]
    assert sorted(unmixed.tolist()) == list(range(10))
    assert np.abs(levels - unmixed).max() > 1
    assert targets.sum(axis=1) == pytest.approx(1, abs=1e-5)
    for level, target, own, of_own in zip(levels, targets, unmixed, of_alone, strict=True):
        others = [
            n for n in range(10)
            if target[n % 7] > 0 and min(own, n) - 1e-3 <= level <= max(own, n) + 1e-3
        ]  # fmt: skip
        shares = [(level - n) / (own - n) for n in others if n != own]
        expected = [
            share * of_own + (1 - share) * np.eye(7)[n % 7]
            for n, share in zip([n for n in others if n != own], shares, strict=True)
        ]
        assert any(np.allclose(target, one, atol=1e-3) for one in [*expected, of_own])


def test_a_mixture_with_an_image_without_votes_has_none(split: Split) -> None:
    votes = np.full((10, 8), 0.125, dtype=np.float32)
    votes[2] = 0
    voted = Split(split.images, split.labels, votes)
    _, targets, weights = Batches(voted, 7, 10, augmentation=Augmentation(), mixup=1.0)[0]
    assert 1 <= (weights["votes"] == 0).sum() <= 2
    assert targets["votes"][weights["votes"] == 1].sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_class_can_weigh_more_in_the_loss(split: Split) -> None:
    heavy = np.array([1, 1, 1.5, 1, 1, 1, 1], np.float32)
    _, targets, weights = Batches(split, 7, 10, weights=heavy)[0]
    assert weights.tolist() == [1.5 if n == 2 else 1.0 for n in targets.argmax(axis=1)]


def votes_of(split: Split) -> Split:
    votes = np.random.default_rng(0).random((len(split), 8)).astype(np.float32)
    return Split(split.images, split.labels, votes / votes.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("mixup", [0.0, 0.4])
@pytest.mark.parametrize("of", [2, 3, 4])
def test_parts_are_together_the_same_batch(split: Split, mixup: float, of: int) -> None:
    told = votes_of(split)
    settings = {"augmentation": Augmentation(), "mixup": mixup, "seed": 3, "votes_share": 0.5}
    whole = Batches(told, 7, 8, **settings, part=(0, 1), votes_epochs=1)
    parts = [Batches(told, 7, 8, **settings, part=(n, of), votes_epochs=1) for n in range(of)]
    arrays = [keras.tree.flatten(part[0]) for part in parts]
    assert [len(part[0]) for part in arrays] == [8 * (n + 1) // of - 8 * n // of for n in range(of)]
    for one, shared in zip(keras.tree.flatten(whole[0]), zip(*arrays, strict=True), strict=True):
        assert np.array_equal(one, np.concatenate(shared))


def test_parts_of_what_is_measured_are_together_all_of_it(split: Split) -> None:
    parts = [Batches(split, 7, 4, part=(n, 2)) for n in range(2)]
    images = [part[i][0][:, 0, 0, 0].tolist() for i in range(3) for part in parts]
    assert images == [[0, 1], [2, 3], [4, 5], [6, 7], [8], [9]]
