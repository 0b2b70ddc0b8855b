"""training/augment.py: images change within their bounds, and only by the generator."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from training.augment import Augmentation, augment

STILL = Augmentation(
    flip=False, rotate_deg=0, scale=0, shift_px=0, sharp=0,
    contrast=0, brightness=0, erase_probability=0,
)  # fmt: skip


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


def test_sharp_images_are_moved_by_whole_pixels_alone(images: np.ndarray) -> None:
    how = only(rotate_deg=15.0, scale=0.15, shift_px=4.0, sharp=0.5)
    changed = augment(images, how, np.random.default_rng(1))
    exact = [_is_moved(c, i) for c, i in zip(changed, images, strict=True)]
    assert 10 <= sum(exact) <= 30


def _is_moved(changed: np.ndarray, image: np.ndarray) -> bool:
    """Whether the middle of ``changed`` is a piece of ``image``, pixel by pixel."""
    middle = changed[4:44, 4:44]
    pieces = (image[top : top + 40, left : left + 40] for top in range(9) for left in range(9))
    return any(np.allclose(middle, piece, atol=1e-3) for piece in pieces)


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


def spot(image: np.ndarray) -> np.ndarray:
    """Where the light lies: its centre, in pixels from the middle, right and down."""
    down, across = np.mgrid[-23.5:24, -23.5:24]
    return np.array([(across * image).sum(), (down * image).sum()]) / image.sum()


@pytest.fixture
def points() -> np.ndarray:
    """Black images with a bright square 10 pixels right of the middle."""
    images = np.zeros((400, 48, 48), np.uint8)
    images[:, 22:26, 32:36] = 200
    return images


def test_a_shift_stays_within_its_bound_and_reaches_it_on_all_sides(points: np.ndarray) -> None:
    moved = augment(points, only(shift_px=4.0), np.random.default_rng(0))
    shifts = np.array([spot(image) for image in moved]) - spot(points[0])
    assert np.abs(shifts).max() <= 4.1
    assert (shifts.min(axis=0) < -3.5).all()
    assert (shifts.max(axis=0) > 3.5).all()


def test_a_rotation_stays_within_its_bound_and_goes_both_ways(points: np.ndarray) -> None:
    moved = augment(points, only(rotate_deg=15.0), np.random.default_rng(0))
    right, down = np.array([spot(image) for image in moved]).T
    angles_deg = np.degrees(np.arctan2(down, right))
    assert np.abs(angles_deg).max() <= 15.5
    assert angles_deg.min() < -13
    assert angles_deg.max() > 13


def test_a_scale_stays_within_its_bound_both_ways(points: np.ndarray) -> None:
    moved = augment(points, only(scale=0.15), np.random.default_rng(0))
    scales = np.array([spot(image)[0] for image in moved]) / spot(points[0])[0]
    assert scales.min() == pytest.approx(0.85, abs=0.02)
    assert scales.max() == pytest.approx(1.15, abs=0.02)


def test_contrast_stays_within_its_bound_both_ways(images: np.ndarray) -> None:
    calm = (images // 4 + 96).astype(np.uint8)  # far from black and white, so nothing is cut
    changed = augment(np.repeat(calm, 10, axis=0), only(contrast=0.3), np.random.default_rng(0))
    spread = changed.std(axis=(1, 2)) / np.repeat(calm.std(axis=(1, 2)), 10)
    assert spread.min() == pytest.approx(0.7, abs=0.02)
    assert spread.max() == pytest.approx(1.3, abs=0.02)
    means = changed.mean(axis=(1, 2)) - np.repeat(calm.mean(axis=(1, 2)), 10)
    assert np.abs(means).max() < 0.01
