"""device/landmarks.py: points out of maps, in the frame's own pixels."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from device.errors import ModelError
from device.faces import FaceFinder
from device.landmarks import Landmarks, _Reader, places
from device.model import Model
from device.model_store import SHIPPED, ModelStore
from device.preprocess import crop_face, from_crop
from tests.device.conftest import MODEL

LANDMARKS = SHIPPED / "landmarks.tflite"
NAMES = (
    "left_eye_center", "right_eye_center", "left_eye_inner_corner", "left_eye_outer_corner",
    "right_eye_inner_corner", "right_eye_outer_corner", "left_eyebrow_inner_end",
    "left_eyebrow_outer_end", "right_eyebrow_inner_end", "right_eyebrow_outer_end", "nose_tip",
    "mouth_left_corner", "mouth_right_corner", "mouth_center_top_lip", "mouth_center_bottom_lip",
)  # fmt: skip


class Quantised:
    """What a reader asks of a network: the shape of its maps, and what a number stands for."""

    output_shape = (24, 24, 15)
    step, zero = 0.11, 37


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks(LANDMARKS)


@pytest.fixture(scope="module")
def box(face_picture):
    return FaceFinder().find(face_picture)[0]


def test_maps_of_whole_numbers_are_read_as_those_that_they_stand_for():
    generator = np.random.default_rng(0)
    reader = _Reader(Quantised())
    for top in (127, 60, -90):  # sure, in doubt, nowhere
        raw = generator.integers(-128, top + 1, (24, 24, 15)).astype(np.int8)
        points, seen = reader.read(raw)
        exact = places(Quantised.step * (raw.astype(np.float32) - Quantised.zero))
        assert np.allclose(points, exact[0], atol=1e-5)
        assert np.allclose(seen, exact[1], atol=1e-5)
        assert points.shape == (15, 2)


def test_the_points_lie_on_the_face(landmarks, face_picture, box):
    found = landmarks.find(face_picture, box)
    assert found.points.shape == (15, 2)
    assert found.points.dtype == np.float32
    where = dict(zip(landmarks.labels, found.points, strict=True))
    left, top, right, bottom = box
    assert (found.points > (left, top)).all()
    assert (found.points < (right, bottom + 0.1 * (bottom - top))).all()
    # The person's left is on the right of the picture.
    assert where["left_eye_center"][0] > where["nose_tip"][0] > where["right_eye_center"][0]
    assert where["left_eye_center"][1] < where["nose_tip"][1] < where["mouth_center_top_lip"][1]
    assert where["mouth_center_top_lip"][1] < where["mouth_center_bottom_lip"][1]
    assert where["left_eyebrow_inner_end"][1] < where["left_eye_center"][1]


def test_a_face_is_sure_and_a_wall_is_none(landmarks, face_picture, box, empty_picture):
    assert landmarks.find(face_picture, box).confidence > 0.9
    assert landmarks.find(empty_picture, (100, 100, 200, 200)).confidence < 0.1


@pytest.mark.parametrize("angle_deg", [-30.0, 12.0])
def test_a_face_that_is_cut_out_turned_has_its_points_at_the_same_place(
    landmarks, face_picture, box, angle_deg
):
    upright = landmarks.find(face_picture, box).points
    turned = landmarks.find(face_picture, box, angle_deg=angle_deg).points
    eyes = np.linalg.norm(upright[0] - upright[1])
    assert np.linalg.norm(turned - upright, axis=1).mean() < 0.1 * eyes


@pytest.mark.parametrize("angle_deg", [0.0, 20.0, -40.0])
def test_what_is_in_a_crop_is_found_again_in_its_frame(landmarks, angle_deg):
    frame = np.zeros((240, 320), np.uint8)
    frame[118:122, 170:174] = 255  # its middle is at 172, 120 from the corner
    box = (120, 70, 220, 170)
    crop = crop_face(frame, box, landmarks.framing, 96, angle_deg=angle_deg)
    rows, columns = np.mgrid[0:96, 0:96] + 0.5
    light = crop / crop.sum()
    spot = np.array([[(columns * light).sum() / 96, (rows * light).sum() / 96]])
    there = from_crop(spot, box, landmarks.framing, angle_deg=angle_deg)
    assert there[0] == pytest.approx((172, 120), abs=0.3)


def test_the_names_are_kaggles_in_their_order(landmarks):
    assert tuple(landmarks.labels) == NAMES
    assert landmarks.side_px == 96
    assert landmarks.id.startswith("landmarks-")


def test_one_kind_of_network_is_not_taken_for_another():
    with pytest.raises(ModelError, match=r"mien\.tflite: a model of classifier: give one of land"):
        Landmarks(MODEL)
    with pytest.raises(ModelError, match=r"landmarks\.tflite: a model of landmarks: give one of c"):
        Model(LANDMARKS)


def test_it_is_none_of_the_models_to_choose_from(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(LANDMARKS, folder / "mine.tflite")
    shutil.copy(MODEL, folder / "other.tflite")
    names = ModelStore(str(tmp_path)).names()
    assert "landmarks" not in names
    assert "mine" not in names
    assert "other" in names


def test_a_damaged_file_is_named(tmp_path):
    broken = tmp_path / "broken.tflite"
    content = bytearray(LANDMARKS.read_bytes())
    content[5000] ^= 0xFF
    broken.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.tflite: damaged"):
        Landmarks(broken)
