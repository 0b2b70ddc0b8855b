"""training/degraded.py: copies that are the same every time, and lose more and more."""

from __future__ import annotations

import numpy as np
import pytest

from training.data import Split
from training.degraded import copies, kinds


@pytest.fixture
def split() -> Split:
    """Smooth blobs: pictures with slopes and edges."""
    generator = np.random.default_rng(0)
    coarse = generator.integers(40, 220, size=(12, 6, 6), dtype=np.uint8)
    return Split(np.repeat(np.repeat(coarse, 8, axis=1), 8, axis=2), np.arange(12) % 7)


def test_every_copy_has_all_images_and_labels_and_the_split_stays_as_it_is(split: Split) -> None:
    before = split.images.copy()
    found = list(copies(split))
    assert [kind.name for kind, _ in found] == [kind.name for kind in kinds()]
    assert len({kind.name for kind, _ in found}) == len(found)
    for kind, copy in found:
        assert copy.images.shape == split.images.shape
        assert copy.images.dtype == np.uint8
        assert copy.labels.tolist() == split.labels.tolist()
        assert copy.origin == kind.name
        assert not np.array_equal(copy.images, split.images)
    assert np.array_equal(split.images, before)


def test_each_kind_gets_stronger(split: Split) -> None:
    lost: dict[str, list[float]] = {}
    for kind, copy in copies(split):
        distance = np.abs(copy.images.astype(float) - split.images).mean()
        lost.setdefault(kind.kind, []).append(float(distance))
    assert set(lost) >= {"blur", "jpeg", "noise", "gamma", "downscale", "framing"}
    for kind, distances in lost.items():
        assert len(distances) >= 3, kind
        assert distances[0] < 0.8 * distances[-1], kind


def test_copies_hang_on_the_seed_and_the_place_alone(split: Split) -> None:
    def noisy(of: Split, seed: int) -> np.ndarray:
        return next(copy.images for kind, copy in copies(of, seed) if kind.kind == "noise")

    assert np.array_equal(noisy(split, 1), noisy(split, 1))
    assert not np.array_equal(noisy(split, 1), noisy(split, 2))
    first = split.take(np.arange(3))
    assert np.array_equal(noisy(first, 1), noisy(split, 1)[:3])


def test_some_kinds_are_shown_in_no_training() -> None:
    assert {kind.kind for kind in kinds() if not kind.learned} == {"motion", "shade"}
