"""Faces are looked for more closely to be hidden than to be read."""

import cv2
import numpy as np
import pytest

from device.config import FaceSettings
from device.faces import FaceFinder
from device.veil import Search
from tests.device.conftest import ROOT

# Real faces, where somebody has put them beside the checkout.
FACES = ROOT.parent / "shared" / "data" / "keypoints_test.csv.xz"


def beyond(boxes, x, y):
    """Those of the boxes in which the point is."""
    return [b for b in boxes if b[0] < x < b[2] and b[1] < y < b[3]]


def small(picture, times):
    """``picture`` in the middle of an empty one of the same size, so many times smaller."""
    height, width = picture.shape
    size = (round(width / times), round(height / times))
    piece = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    whole = picture * 0 + piece[0, 0]
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    whole[top : top + size[1], left : left + size[0]] = piece
    return whole


def test_a_face_that_is_too_small_to_be_read_is_found(face_picture):
    picture = small(face_picture, 2)
    assert not FaceFinder().find(picture)
    assert Search(FaceSettings())(picture)


def test_a_head_on_one_side_is_found_within_a_round(face_picture):
    height, width = face_picture.shape
    (box,) = FaceFinder().find(face_picture)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    for angle in (30, -30):
        turn = cv2.getRotationMatrix2D(middle, angle, 1.0)
        tilted = cv2.warpAffine(face_picture, turn, (width, height), borderMode=1)
        search = Search(FaceSettings())
        found = [box for _ in range(4) for box in search(tilted)]
        assert beyond(found, *middle), angle


def test_nobody_is_found_in_an_empty_room(empty_picture):
    search = Search(FaceSettings())
    assert not [box for _ in range(4) for box in search(empty_picture)]


def test_a_profile_is_looked_for_to_either_side_and_lies_where_it_was_found(empty_picture):
    class Profile:
        """Finds the one light square that there is, in a picture of 480 pixels width."""

        def detectMultiScale(self, picture, step, neighbours, minSize):  # noqa: N802,N803
            rows, columns = np.nonzero(picture > 250)
            if not len(rows):
                return ()
            return np.array([[columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]])

    search, picture = Search(FaceSettings()), empty_picture.copy()
    picture[80:160, 400:480] = 255
    search._profile = Profile()
    found = [box for _ in range(4) for box in search(picture)]
    assert len(found) == 2
    assert np.abs(np.array(found) - [400, 80, 480, 160]).max() <= 2


@pytest.mark.skipif(not FACES.is_file(), reason="no faces beside the checkout")
def test_real_faces_are_found_in_a_round_two_of_them_in_profile():
    from training.keypoints import read_keypoints

    faces = read_keypoints(FACES).take(np.arange(50, 770, 70))
    for picture, points in zip(faces.pictures, faces.points, strict=True):
        wide = cv2.copyMakeBorder(picture, 24, 24, 48, 48, cv2.BORDER_REPLICATE)
        wide = cv2.resize(wide, (640, 480))
        nose = points[faces.names.index("nose_tip")] * 640 / 192 + [160, 80]
        search = Search(FaceSettings())
        assert beyond([box for _ in range(4) for box in search(wide)], *nose)
