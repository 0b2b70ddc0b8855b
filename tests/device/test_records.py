from datetime import UTC, datetime

import numpy as np
import pytest

from device.records import UNCERTAIN, Face, Frame, Reading


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4), np.float32),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_a_frame_is_a_grey_picture(picture):
    with pytest.raises(ValueError, match="uint8 array"):
        Frame(picture, 0.0)


@pytest.mark.parametrize("box", [(5, 0, 5, 9), (5, 0, 4, 9), (0, 9, 4, 9)])
def test_a_face_has_an_area(box):
    with pytest.raises(ValueError, match="area"):
        Face(1, box)


def test_a_readings_emotion_has_a_probability():
    face = Face(1, (0, 0, 9, 9))
    with pytest.raises(ValueError, match="joy"):
        Reading(datetime.now(UTC), 0.0, face, "joy", {"happy": 1.0}, {"happy": 1.0}, "m")
    both = {"happy": 0.7, "sad": 0.3}
    assert Reading(datetime.now(UTC), 0.0, face, "sad", both, both, "m").probability == 0.3
    assert Reading(datetime.now(UTC), 0.0, face, UNCERTAIN, both, both, "m").probability == 0.7


@pytest.mark.parametrize("time_s", [float("nan"), float("inf"), -float("inf")])
def test_a_frame_has_a_time(time_s):
    with pytest.raises(ValueError, match="time is in seconds"):
        Frame(np.zeros((4, 4), np.uint8), time_s)


@pytest.mark.parametrize(
    "bgr", [np.zeros((4, 5), np.uint8), np.zeros((5, 4, 3), np.uint8), np.zeros((4, 5, 3))]
)
def test_colours_that_are_not_of_the_frame_are_refused(bgr):
    with pytest.raises(ValueError, match="colours"):
        Frame(np.zeros((4, 5), np.uint8), 0.0, bgr)
