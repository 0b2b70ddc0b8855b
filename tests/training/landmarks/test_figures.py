"""training/landmarks/figures.py: errors by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.errors import DataError
from training.landmarks.figures import measure

NAMES = ("left_eye_center", "right_eye_center", "nose_tip")
FACE = np.array([[60, 40], [20, 40], [40, 60]], np.float32)  # the eyes are 40 apart


def test_errors_are_told_in_distances_of_the_eyes_and_in_pixels() -> None:
    found = FACE + np.array([[0, 0], [0, 0], [3, 4]], np.float32)
    errors = measure(found[None], FACE[None], NAMES)
    assert errors.by_point.tolist() == pytest.approx([0, 0, 5 / 40])
    assert errors.nme == pytest.approx(5 / 40 / 3)
    assert errors.rmse_px == pytest.approx(np.sqrt(25 / 6))
    assert errors.beside_px == pytest.approx((-1, -4 / 3))
    assert errors.faces == 1


def test_what_has_no_label_is_left_out() -> None:
    labelled = np.stack([FACE, FACE])
    labelled[1, 2] = np.nan
    found = labelled + 1
    found[1, 2] = 1e6
    errors = measure(found, labelled, NAMES)
    assert errors.nme == pytest.approx(np.sqrt(2) / 40)
    assert errors.rmse_px == pytest.approx(1)


def test_a_point_that_is_nowhere_known_is_nothing_in_json() -> None:
    labelled = FACE.copy()
    labelled[2] = np.nan
    errors = measure((FACE + np.array([3, 4]))[None].astype(np.float32), labelled[None], NAMES)
    assert errors.by_name == {NAMES[0]: 0.125, NAMES[1]: 0.125, NAMES[2]: None}
    assert errors.nme == pytest.approx(0.125)


def test_a_face_without_its_eyes_cannot_be_measured() -> None:
    labelled = np.stack([FACE, FACE])
    labelled[1, 0] = np.nan
    assert measure(labelled, labelled, NAMES).faces == 1
    with pytest.raises(DataError, match="no face has both of its eyes"):
        measure(labelled[1:], labelled[1:], NAMES)


def test_points_without_eyes_are_refused() -> None:
    with pytest.raises(DataError, match="no left_eye_center and right_eye_center"):
        measure(FACE[None], FACE[None], ("a", "b", "c"))
