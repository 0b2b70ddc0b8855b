"""training/landmarks/loss.py and batches.py: what is asked of the maps."""

from __future__ import annotations

import numpy as np
import pytest

from device.landmarks import places
from tests.training.landmarks.drawing import NAMES, faces
from training.landmarks.batches import Batches, targets
from training.landmarks.config import FaceAugmentation
from training.landmarks.loss import NOWHERE, SEEN, UNKNOWN, Error, MapLoss

CELL, CELLS = 4, 24


def bell(x: float, y: float, height: float = 12.0) -> np.ndarray:
    """A map, float32 (24, 24, 1), with a peak at a place of the picture, low elsewhere."""
    middles = (np.arange(CELLS) + 0.5) * CELL - 0.5
    apart = (middles[None] - x) ** 2 + (middles[:, None] - y) ** 2
    return (height - apart / (2 * (0.8 * CELL) ** 2)).astype(np.float32)[..., None]


def loss(maps: np.ndarray, x: float, y: float, said: float) -> float:
    truth = np.array([[[x, y, said]]], np.float32)
    return float(MapLoss(0.8, 0.3, CELL)(truth, maps[None]))


def test_the_loss_is_least_where_the_point_is() -> None:
    right = loss(bell(50, 30), 50, 30, SEEN)
    assert right < loss(bell(54, 30), 50, 30, SEEN) < loss(bell(80, 60), 50, 30, SEEN)


def test_a_point_that_is_nowhere_wants_low_maps_and_one_that_is_there_high_ones() -> None:
    low, high = bell(50, 30, height=-20), bell(50, 30, height=5)
    assert loss(low, 0, 0, NOWHERE) < 0.01 < 1 < loss(high, 0, 0, NOWHERE)
    assert loss(high, 50, 30, SEEN) < loss(low, 50, 30, SEEN)


def test_of_an_unknown_point_nothing_is_learned() -> None:
    assert loss(bell(50, 30), 10, 10, UNKNOWN) == 0


def test_the_error_is_the_distance_in_pixels_of_seen_points() -> None:
    error = Error(CELL)
    maps = np.concatenate([bell(50, 30), bell(20, 20)], axis=-1)[None]
    error.update_state(np.array([[[53, 34, SEEN], [0, 0, UNKNOWN]]], np.float32), maps)
    assert float(error.result()) == pytest.approx(5, abs=0.05)


def test_the_device_reads_the_same_place_out_of_a_map() -> None:
    place, seen = places(bell(50, 30))
    assert place[0] * 96 - 0.5 == pytest.approx([50, 30], abs=0.02)
    assert seen[0] > 0.99
    assert places(bell(50, 30, height=-20))[1][0] < 0.01


def test_what_left_the_picture_is_nowhere_and_its_edge_is_passed_over() -> None:
    points = np.array([[[50, 50], [-9, 50], [50, 96], [np.nan, np.nan]]], np.float32)
    said = targets(points, 96)
    assert said[0, :, 2].tolist() == [SEEN, NOWHERE, UNKNOWN, UNKNOWN]
    assert np.isfinite(said).all()


def test_batches_depend_on_seed_and_epoch_alone() -> None:
    drawn = faces(40)

    def batches(seed: int, epoch: int) -> Batches:
        return Batches(
            drawn, 10, augmentation=FaceAugmentation(), no_faces=0.2, seed=seed, epoch=epoch
        )

    first, resumed = batches(1, 0), batches(1, 1)
    assert len(first) == 5
    one = first[0]
    first.on_epoch_end()
    for mine, other in zip(first[2], resumed[2], strict=True):
        assert np.array_equal(mine, other)
    assert not np.array_equal(one[0], first[0][0])
    assert not np.array_equal(batches(2, 0)[0][0], one[0])


def test_a_share_of_each_batch_has_no_face() -> None:
    batches = Batches(faces(40), 10, augmentation=FaceAugmentation(), no_faces=0.2)
    pictures, said = batches[0]
    assert pictures.shape == (10, 96, 96, 1)
    assert said.shape == (10, len(NAMES), 3)
    nowhere = (said[..., 2] == NOWHERE).all(axis=1)
    assert nowhere.tolist() == [False] * 8 + [True] * 2


def test_selecting_sees_the_faces_as_they_are() -> None:
    drawn = faces(7)
    batches = Batches(drawn, 4)
    assert [len(batches[n][0]) for n in range(len(batches))] == [4, 3]
    pictures, said = batches[1]
    assert np.array_equal(pictures[..., 0], drawn.pictures[4:])
    assert np.allclose(said[..., :2], drawn.points[4:])
