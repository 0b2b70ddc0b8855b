"""training/degradation.py: each loss is what it says, and as strong as it says."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest

from training.augment import Augmentation, augment
from training.degradation import (
    KINDS,
    Degradation,
    blur,
    degrade,
    downscale,
    framing,
    gamma,
    jpeg,
    motion,
    noise,
    shade,
)  # fmt: skip

GREY = np.full((48, 48), 128, dtype=np.uint8)


@pytest.fixture
def face() -> np.ndarray:
    """What has edges and slopes, as a face does; uint8 (48, 48)."""
    image = np.tile(np.linspace(60, 180, 48), (48, 1)).astype(np.uint8)
    cv2.circle(image, (16, 18), 4, 20, -1)
    cv2.circle(image, (32, 18), 4, 20, -1)
    cv2.rectangle(image, (16, 32), (32, 36), 230, -1)
    return image


def detail(image: np.ndarray) -> float:
    return float(np.abs(np.diff(image.astype(float), axis=1)).mean())


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_blur_downscaling_and_motion_take_detail_and_keep_the_light(face: np.ndarray) -> None:
    for milder, stronger in (
        (blur(face, 0.7), blur(face, 2.0)),
        (downscale(face, 36), downscale(face, 16)),
        (motion(face, 3, 30), motion(face, 9, 30)),
    ):
        assert detail(face) > detail(milder) > detail(stronger)
        assert stronger.shape == face.shape
        assert stronger.dtype == np.uint8
        assert stronger.mean() == pytest.approx(face.mean(), abs=2)


def test_what_is_mildest_changes_nothing(face: np.ndarray) -> None:
    generator = np.random.default_rng(0)
    same = (
        blur(face, 0), downscale(face, 48), motion(face, 1, 45), gamma(face, 1), shade(face, 0, 9),
        noise(face, 0, generator), framing(face, 1, (0, 0)),
    )  # fmt: skip
    for image in same:
        assert np.array_equal(image, face)
    assert distance(jpeg(face, 100), face) < 1


def test_motion_blurs_along_its_direction_alone() -> None:
    stripes = np.tile((np.arange(48) // 4 % 2 * 200).astype(np.uint8), (48, 1))
    assert np.array_equal(motion(stripes, 7, 90), stripes)
    assert detail(motion(stripes, 7, 0)) < 0.5 * detail(stripes)


def test_gamma_darkens_and_brightens_and_keeps_black_and_white() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    dark, bright = gamma(ramp, 2.0), gamma(ramp, 0.5)
    for image in (dark, bright):
        assert (image.min(), image.max()) == (0, 255)
    assert dark.mean() < ramp.mean() - 30
    assert bright.mean() > ramp.mean() + 30


def test_noise_is_as_strong_as_it_says() -> None:
    noisy = noise(GREY, 16, np.random.default_rng(0)).astype(float) - 128
    assert noisy.std() == pytest.approx(16, rel=0.05)
    assert abs(noisy.mean()) < 1


def test_jpeg_loses_more_at_a_lower_quality(face: np.ndarray) -> None:
    assert distance(jpeg(face, 10), face) > 2 * distance(jpeg(face, 80), face) > 0


def test_shade_darkens_one_side() -> None:
    lit = shade(GREY, 0.6, 0)
    assert lit[:, 0].mean() == 128
    assert lit[:, -1].mean() == pytest.approx(0.4 * 128, abs=1)


def test_framing_scales_and_shifts_and_repeats_the_edge(face: np.ndarray) -> None:
    small = framing(face, 0.5, (0, 0))
    assert np.count_nonzero(small == 230) < 0.5 * np.count_nonzero(face == 230)
    assert not np.any(small == 0)
    right = framing(face, 1.0, (5, -3))
    assert np.array_equal(right[:45, 5:], face[3:, :43])


def test_without_a_share_nothing_is_degraded_and_nothing_is_drawn(face: np.ndarray) -> None:
    """A run that was begun before there were degradations goes on as it would have."""
    images = np.stack([face] * 8)
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    off = Augmentation(degradation=Degradation(share=0))
    changed = augment(images, Augmentation(), one)
    assert np.array_equal(changed, augment(images, off, two))
    assert one.random() == two.random()


def test_a_share_of_the_images_is_degraded(face: np.ndarray) -> None:
    plain = Augmentation(
        flip=False, rotate_deg=0, scale=0, shift_px=0, contrast=0, brightness=0,
        erase_probability=0, degradation=Degradation(share=0.5),
    )  # fmt: skip
    changed = augment(np.stack([face] * 200), plain, np.random.default_rng(0))
    touched = sum(not np.allclose(image, face, atol=1e-3) for image in changed)
    assert 75 <= touched <= 110


def test_degrading_stays_within_its_bounds_and_hangs_on_the_generator_alone(
    face: np.ndarray,
) -> None:
    how, before = Degradation(share=1), face.copy()
    one, again, other = (
        [degrade(face, how, np.random.default_rng((seed, i))) for i in range(50)]
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.array_equal(face, before)
    assert {(image.shape, image.dtype) for image in one} == {((48, 48), np.dtype(np.uint8))}
    mild = Degradation(1, blur_px=0, downscale_px=48, gamma=1, noise=0, jpeg_quality=100,
                       framing_scale=0, framing_shift=0)  # fmt: skip
    for i in range(50):
        assert distance(degrade(face, mild, np.random.default_rng(i)), face) < 1


@pytest.mark.parametrize(
    ("kind", "bound"),
    [("framing", {"framing_scale": 0.3}), ("downscale", {"downscale_px": 12}),
     ("blur", {"blur_px": 3}), ("gamma", {"gamma": 4}), ("noise", {"noise": 40}),
     ("jpeg", {"jpeg_quality": 5})],
)  # fmt: skip
def test_each_kind_has_its_bound(kind: str, bound: dict[str, float], face: np.ndarray) -> None:
    """With all other bounds at nothing, this one alone changes the picture."""
    nothing = Degradation(1, blur_px=0, downscale_px=48, gamma=1, noise=0, jpeg_quality=100,
                          framing_scale=0, framing_shift=0)  # fmt: skip
    how = msgspec.structs.replace(nothing, **bound)
    moved = [distance(degrade(face, how, np.random.default_rng(i)), face) for i in range(60)]
    assert kind in KINDS
    assert max(moved) > 2
    assert min(moved) < 1


@pytest.mark.parametrize(
    "settings",
    [{"share": 1.5}, {"gamma": 0.5}, {"jpeg_quality": 0}, {"downscale_px": 60}, {"blurr": 1}],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, Degradation)
