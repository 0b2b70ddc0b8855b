"""training/landmarks/faces.py and no_faces.py: what the network is shown."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.landmarks.drawing import NAMES, faces
from training.landmarks.config import FaceAugmentation
from training.landmarks.faces import change, swapped, worse
from training.landmarks.no_faces import NoFaces

STEADY = FaceAugmentation(
    flip=False, rotate_deg=0, steady=1, scale=1, shift=0, contrast=0, brightness=0, gamma=1,
    coarse=0, noise=0, jpeg=0, erase=0,
)  # fmt: skip


def with_dot(x: int, y: int) -> np.ndarray:
    image = np.full((96, 96), 100, np.uint8)
    image[y - 1 : y + 2, x - 1 : x + 2] = 255
    return image


def dot_near(image: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The middle of what is brightest in a square of 13 pixels about ``point``."""
    x, y = (int(n) for n in np.round(point))
    square = np.maximum(image[y - 6 : y + 7, x - 6 : x + 7].astype(float) - 110, 0)
    rows, columns = np.mgrid[-6:7, -6:7]
    return np.array([x + np.average(columns, weights=square), y + np.average(rows, weights=square)])


def test_left_and_right_change_places_and_the_middle_stays() -> None:
    names = ("left_eye_center", "right_eye_center", "nose_tip", "mouth_center_top_lip")
    assert swapped(names).tolist() == [1, 0, 2, 3]


def test_a_point_goes_with_what_it_lies_on() -> None:
    how = FaceAugmentation(
        contrast=0, brightness=0, gamma=1, coarse=0, noise=0, jpeg=0, erase=0, steady=0
    )
    generator = np.random.default_rng(3)
    checked = 0
    for _ in range(40):
        points = np.array([[60, 40]], np.float32)
        image, there = change(with_dot(60, 40), points, np.array([0]), how, generator)
        if (there > 10).all() and (there < 85).all():
            assert np.abs(dot_near(image, there[0]) - there[0]).max() < 0.6
            checked += 1
    assert checked > 10


def test_labels_that_lie_beside_what_they_name_do_so_in_every_picture() -> None:
    how = FaceAugmentation(
        contrast=0, brightness=0, gamma=1, coarse=0, noise=0, jpeg=0, erase=0, steady=0,
        labels_right_px=3,
    )  # fmt: skip
    generator = np.random.default_rng(3)
    checked = 0
    for _ in range(40):
        points = np.array([[63, 40]], np.float32)
        image, there = change(with_dot(60, 40), points, np.array([0]), how, generator)
        if (there > 10).all() and (there < 85).all():
            assert np.abs(dot_near(image, there[0]) - there[0] + [3, 0]).max() < 0.6
            checked += 1
    assert checked > 10


def test_a_mirrored_face_has_its_own_left_on_its_own_left() -> None:
    drawn = faces(1)
    how = FaceAugmentation(
        rotate_deg=0, steady=1, scale=1, shift=0, contrast=0, brightness=0, gamma=1,
        coarse=0, noise=0, jpeg=0, erase=0,
    )  # fmt: skip
    generator = np.random.default_rng(0)
    for _ in range(10):
        _, there = change(drawn.pictures[0], drawn.points[0], swapped(NAMES), how, generator)
        left, right = there[NAMES.index("left_eye_center")], there[NAMES.index("right_eye_center")]
        assert left[0] > right[0]


def test_a_steady_picture_is_moved_by_whole_pixels_alone() -> None:
    drawn = faces(1)
    how = FaceAugmentation(
        flip=False, steady=1, shift=0.1, contrast=0, brightness=0, gamma=1, coarse=0, noise=0,
        jpeg=0, erase=0,
    )  # fmt: skip
    image, there = change(
        drawn.pictures[0], drawn.points[0], swapped(NAMES), how, np.random.default_rng(5)
    )
    moved = (there - drawn.points[0])[0]
    assert np.allclose(moved, np.round(moved), atol=1e-4)
    x, y = (int(n) for n in np.round(moved))
    before = drawn.pictures[0][20 - y : 70 - y, 20 - x : 70 - x]
    assert np.array_equal(image[20:70, 20:70], before)


def test_missing_points_stay_missing() -> None:
    points = np.array([[np.nan, np.nan]], np.float32)
    _, there = change(with_dot(5, 5), points, np.array([0]), STEADY, np.random.default_rng(0))
    assert np.isnan(there).all()


@pytest.mark.parametrize("changes", [{}, {"coarse": 1.0, "jpeg": 1.0, "erase": 1.0}])
def test_pictures_without_a_face_are_drawn_alike_for_one_seed(changes: dict) -> None:
    drawn = faces(3)
    how = FaceAugmentation(**changes)
    empty = NoFaces(drawn.pictures, drawn.points)
    one, two = (
        np.stack([empty.draw(how, generator) for _ in range(30)])
        for generator in (np.random.default_rng(1), np.random.default_rng(1))
    )
    assert one.shape == (30, 96, 96)
    assert one.dtype == np.uint8
    assert np.array_equal(one, two)
    assert len(np.unique(one.reshape(30, -1), axis=0)) == 30


def test_no_picture_without_a_face_shows_one() -> None:
    """A face is like itself by 0.9 and more, also in other light and coarser; others by 0.5."""
    drawn = faces(4)
    empty, generator = NoFaces(drawn.pictures, drawn.points), np.random.default_rng(0)
    how = FaceAugmentation()
    worse_faces = np.stack([worse(face, how, generator) for face in drawn.pictures])
    assert alike(worse_faces, drawn.pictures).diagonal().min() > 0.8
    nothing = np.stack([empty.draw(how, generator) for _ in range(300)])
    assert alike(nothing, drawn.pictures).max() < 0.6


def alike(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How pictures (n, 96, 96) correlate with others (m, 96, 96): float64 (n, m)."""
    flat = [pictures.reshape(len(pictures), -1).astype(float) for pictures in (some, others)]
    return np.corrcoef(*flat)[: len(some), len(some) :]


def test_no_tile_of_a_face_stays_where_it_was() -> None:
    """A face of nine tiles in which some stay looks much like one."""
    generator = np.random.default_rng(0)
    # Three, four and five go into the side: tiles are as they were.
    face = generator.integers(0, 256, (60, 60), np.uint8)
    empty = NoFaces(face[np.newaxis], np.zeros((1, 1, 2), np.float32))
    for _ in range(100):
        mixed = empty._tiles(generator)
        assert np.array_equal(np.sort(mixed, axis=None), np.sort(face, axis=None))
        for cells in (3, 4, 5):
            tile = 60 // cells
            same = (mixed == face).reshape(cells, tile, cells, tile).all(axis=(1, 3))
            assert not same.any()
