"""How well masks are found to be right."""

import numpy as np
import pytest

from tests.training.mask.conftest import faces
from training.errors import DataError
from training.mask.figures import enlarged, measure
from training.mask.outlines import coverage, outline


def perfect(some):
    """Logits that say of each cell how much of it is covered."""
    covered = np.stack([coverage(outline(points), 96, 48) for points in some.points])
    return (covered - 0.5) * 10


def test_what_is_right_overlaps_as_far_as_cells_allow():
    some = faces(6)
    overlaps = measure(perfect(some), some)
    assert overlaps.faces == 6
    assert overlaps.iou > 0.985
    assert overlaps.worst > 0.98
    assert overlaps.missed < 0.01
    assert overlaps.beyond < 0.01


def test_what_marks_nothing_or_all_is_told():
    some = faces(2)
    nothing = measure(np.full((2, 48, 48), -9.0, np.float32), some)
    assert (nothing.iou, nothing.missed, nothing.beyond) == (0, 1, 0)
    all_of_it = measure(np.full((2, 48, 48), 9.0, np.float32), some)
    share = np.mean([coverage(outline(p), 96, 96).mean() for p in some.points])
    assert abs(all_of_it.iou - share) < 0.01
    assert all_of_it.missed == 0


def test_half_of_a_face_is_half_of_the_overlap():
    some = faces(1)
    logits = perfect(some)
    middle = round(float(outline(some.points[0])[:, 0].mean()) / 2)
    logits[:, :, middle:] = -9
    assert abs(measure(logits, some).iou - 0.5) < 0.03


def test_nothing_cannot_be_measured():
    with pytest.raises(DataError, match="nothing to measure"):
        measure(np.zeros((0, 48, 48), np.float32), faces(1).take(np.zeros(1, bool)))


def test_enlarged_logits_say_where_between_two_cells_the_edge_goes():
    cells = np.tile(np.array([3.0, 1.0, -3.0, -3.0], np.float32), (4, 1))
    fine = enlarged(cells, 64)
    # The zero lies a quarter of the way from the second cell's middle, at 1.5, to the third's.
    assert (fine >= 0).sum(axis=1).tolist() == [28] * 64
