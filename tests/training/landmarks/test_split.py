"""training/landmarks/split.py: what is nearly the same picture stays on one side."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.training.landmarks.drawing import NAMES
from training.errors import DataError
from training.keypoints import Keypoints
from training.landmarks.split import groups, split


def scene(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture like no other, and two eyes in it."""
    small = generator.integers(0, 256, (12, 12), dtype=np.uint8)
    image = cv2.resize(small, (96, 96), interpolation=cv2.INTER_CUBIC)
    points = np.full((len(NAMES), 2), np.nan, np.float32)
    points[0], points[1] = (62, 40), (34, 40)
    return image, points


def moved(image: np.ndarray, points: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """The same scene, a moment later: a little turned, moved and lighter."""
    matrix = cv2.getRotationMatrix2D((47.5, 47.5), angle, 1.05)
    matrix[:, 2] += 3
    turned = cv2.warpAffine(image, matrix, (96, 96), borderMode=cv2.BORDER_REPLICATE)
    lighter = np.clip(turned * 0.8 + 40, 0, 255).astype(np.uint8)
    return lighter, (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


@pytest.fixture(scope="module")
def film() -> Keypoints:
    """Forty scenes of three pictures each, in an order of chance; scene n has n in its rows."""
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(40):
        image, points = scene(generator)
        rows += [(image, points), moved(image, points, 5), moved(image, points, -8)]
    images, points = zip(*rows, strict=True)
    return Keypoints(NAMES, np.stack(points), np.stack(images))


def test_pictures_of_one_scene_are_one_group_and_others_are_not(film: Keypoints) -> None:
    found = groups(film).reshape(40, 3)
    assert (found == found[:, :1]).all()
    assert len(np.unique(found)) == 40


def test_no_scene_is_on_both_sides_and_the_split_is_always_the_same(film: Keypoints) -> None:
    order = np.random.default_rng(1).permutation(len(film))
    learned, selecting = split(film.take(order), 0.1, seed=0)
    assert len(learned) + len(selecting) == 120
    assert len(selecting) == 12
    held = {image.tobytes() for image in selecting.pictures}
    sides = [
        {image.tobytes() in held for image in film.pictures[n : n + 3]} for n in range(0, 120, 3)
    ]
    assert all(len(side) == 1 for side in sides)
    again = split(film.take(order), 0.1, seed=0)[1]
    assert np.array_equal(again.pictures, selecting.pictures)


def test_eyes_that_are_not_known_are_no_hindrance(film: Keypoints) -> None:
    points = film.points.copy()
    points[:6] = np.nan
    assert len(groups(Keypoints(NAMES, points, film.images))) == 120


def test_pictures_that_are_all_alike_cannot_be_split(film: Keypoints) -> None:
    with pytest.raises(DataError, match="all of them alike"):
        split(film.take(np.zeros(5, dtype=np.int64)), 0.1, seed=0)
