"""training/augment.py: images change within their bounds, and only by the generator."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from training.augment import Augmentation, augment

STILL = Augmentation(
    flip=False, rotate_deg=0, scale=0, shift_px=0, contrast=0, brightness=0, erase_probability=0
)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, size=(40, 48, 48), dtype=np.uint8)


def only(**settings: object) -> Augmentation:
    return msgspec.structs.replace(STILL, **settings)


def test_the_same_generator_gives_the_same_images(images: np.ndarray) -> None:
    one, again, other = (
        augment(images, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_images_stay_grey_levels_and_the_originals_stay_as_they_are(images: np.ndarray) -> None:
    before = images.copy()
    changed = augment(images, Augmentation(), np.random.default_rng(1))
    assert changed.dtype == np.float32
    assert changed.shape == images.shape
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert np.array_equal(images, before)


def test_without_any_change_images_stay_the_same(images: np.ndarray) -> None:
    assert np.allclose(augment(images, STILL, np.random.default_rng(1)), images, atol=1e-3)


def test_flipping_mirrors_about_half_of_them(images: np.ndarray) -> None:
    changed = augment(images, only(flip=True), np.random.default_rng(1))
    mirrored = [np.allclose(c, i[:, ::-1], atol=1e-3) for c, i in zip(changed, images, strict=True)]
    same = [np.allclose(c, i, atol=1e-3) for c, i in zip(changed, images, strict=True)]
    assert all(m or s for m, s in zip(mirrored, same, strict=True))
    assert 10 <= sum(mirrored) <= 30


def test_brightness_shifts_all_levels_within_its_bound() -> None:
    grey = np.full((50, 48, 48), 128, dtype=np.uint8)
    shifts = augment(grey, only(brightness=30), np.random.default_rng(1))[:, 0, 0] - 128
    assert np.abs(shifts).max() <= 30
    assert shifts.min() < -15 < 15 < shifts.max()


def test_erasing_covers_one_rectangle_within_its_bounds(images: np.ndarray) -> None:
    how = only(erase_probability=1.0, erase_side_px=(6, 18))
    for changed, image in zip(augment(images, how, np.random.default_rng(1)), images, strict=True):
        rows, columns = np.nonzero(np.abs(changed - image) > 1e-3)
        assert 1 <= rows.max() - rows.min() + 1 <= 18
        assert 1 <= columns.max() - columns.min() + 1 <= 18


@pytest.mark.parametrize("sides", [(0, 5), (9, 8), (10, 49)])
def test_an_impossible_rectangle_is_refused(sides: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="erase_side_px"):
        Augmentation(erase_side_px=sides)
