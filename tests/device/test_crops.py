"""One picture of the face a second: the one that the network is shown, and of the largest face."""

import math
import threading
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from device.costs import Costs
from device.crops import write_crops
from device.emotions import Calm, Emotions
from device.faces import FaceFinder, FaceFollower, Marks
from device.model import Model
from device.pace import Pace
from device.pipeline import Pipeline
from device.sources.synthetic import Synthetic
from tests.device.conftest import MODEL
from tests.device.faces.test_constellation import NAMES, on_a_face
from tests.device.scenes import At, Room, person

# Between the mean grey levels of the two faces.
BRIGHT = 100


@dataclass(frozen=True)
class Found:
    points: np.ndarray
    confidence: float


class Asked:
    """Lays the points of a face into each box, and notes the box's middle.

    blind_from_x: from there on it sees none.
    """

    def __init__(self, tilt_deg=0.0, blind_from_x=math.inf):
        self.tilt_deg, self.blind_from_x = tilt_deg, blind_from_x
        self.middles = []

    def __call__(self, _grey, box_xyxy, _angle_deg):
        left, top, right, bottom = box_xyxy
        x, y, side = (left + right) / 2, (top + bottom) / 2, right - left
        self.middles.append((x, y))
        points = on_a_face(x, y, side, self.tilt_deg)
        return Found(points, 0.95 if x < self.blind_from_x else 0.1)


class Shown(Model):
    """A network that keeps what it is shown."""

    def probabilities(self, crop):
        self.crop = crop.copy()
        return super().probabilities(crop)


@pytest.fixture(scope="module")
def two(face_picture):
    """A smaller face at the left, which is darker, and a larger one at the right."""
    she, he = person(face_picture), person(face_picture, other=True)
    return Room().show((he, At(160, 180, 95)), (she, At(460, 180, 110)))


def written(folder, picture, marks, model):
    with Synthetic([picture], frames=1) as source:
        assert write_crops(source, FaceFinder(), model, folder, threading.Event(), marks) == 1
    return cv2.imread(str(folder / "image0.png"), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("tilt_deg", [2.0, 12.0])
def test_it_is_what_the_network_is_shown(face_picture, tmp_path, tilt_deg):
    """A small tilt is left as it is, by both."""
    picture = Room().show((person(face_picture), At(320, 180, 110)))
    marks, model = Marks(Asked(tilt_deg), NAMES), Shown(MODEL)
    follower = FaceFollower(FaceFinder(), continuous=False, marks=marks)
    emotions, pace = Emotions(model.labels, Calm()), Pace(rate_hz=1, look_hz=10)
    with Synthetic([picture], frames=1) as source:
        Pipeline(source, follower, model, emotions, [], pace, Costs()).run(threading.Event())
    assert np.array_equal(written(tmp_path, picture, marks, model), model.crop)


def test_the_largest_face_is_written_and_it_alone_is_asked_about(two, tmp_path, model):
    asked = Asked()
    crop = written(tmp_path, two, Marks(asked, NAMES), model)
    (middle,) = asked.middles
    assert middle == pytest.approx((460, 180), abs=14)
    assert crop.mean() > BRIGHT


def test_where_the_largest_is_no_face_the_next_one_is_written(two, tmp_path, model):
    asked = Asked(blind_from_x=320)
    crop = written(tmp_path, two, Marks(asked, NAMES, blobs=True), model)
    assert [x > 320 for x, _ in asked.middles] == [True, False]
    assert crop.mean() < BRIGHT
