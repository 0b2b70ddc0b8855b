"""Faces are looked for more closely to be hidden than to be read."""

import cv2
import numpy as np
import pytest

from device.config import FaceSettings, PictureSettings
from device.costs import Costs
from device.faces import FaceFinder
from device.records import Frame
from device.veil import Search, Veil
from tests.device.conftest import ROOT
from tests.device.scenes import At, Room, person

# Real faces, where somebody has put them beside the checkout.
FACES = ROOT.parent / "shared" / "data" / "keypoints_test.csv.xz"


def beyond(boxes, x, y):
    """Those of the boxes in which the point is."""
    return [b for b in boxes if b[0] < x < b[2] and b[1] < y < b[3]]


def a_round(picture):
    """What is found in a picture by all ways of looking."""
    return Search(FaceSettings(), hold_s=0.0)(picture, 0.0)


def test_a_face_that_is_too_small_to_be_read_is_found(face_picture):
    # 5 % of the picture's width.
    picture = Room().show((person(face_picture), At(320, 180, 32)))
    assert not FaceFinder().find(picture)
    assert beyond(Search(FaceSettings(), hold_s=2.0)(picture, 0.0), 320, 180)


def test_a_head_on_one_side_is_found(face_picture):
    height, width = face_picture.shape
    (box,) = FaceFinder().find(face_picture)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    for angle in (30, -30):
        turn = cv2.getRotationMatrix2D(middle, angle, 1.0)
        tilted = cv2.warpAffine(face_picture, turn, (width, height), borderMode=1)
        found = a_round(tilted)
        assert beyond(found, *middle), angle


def test_nobody_is_found_in_an_empty_room(empty_picture):
    assert not a_round(empty_picture)


def turned(face, *, to_left):
    """The face of a picture as that of a head, a pillar, that is turned by 60 degrees."""
    (box,) = FaceFinder().find(face)
    size = round(1.7 * (box[2] - box[0]))
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    head = cv2.getRectSubPix(face, (size, size), middle)
    across = ((np.arange(size) + 0.5) * 2 / size - 1) / 0.62
    around = np.arcsin(np.clip(across, -1, 1)) + np.radians(60 if to_left else -60)
    where = (0.62 * np.sin(np.clip(around, -1.5, 1.5)) + 1) * size / 2 - 0.5
    columns = np.tile(where.astype(np.float32), (size, 1))
    rows = np.tile(np.arange(size, dtype=np.float32)[:, None], (1, size))
    seen = (np.abs(across) < 1) & (np.abs(around) < np.pi / 2)
    side = cv2.remap(head, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(seen, side, 120).astype(np.uint8)


@pytest.mark.parametrize("to_left", [True, False])
def test_a_profile_is_found_to_either_side_and_lies_where_it_is(face_picture, to_left):
    picture = np.full((360, 640), 120, np.uint8)
    picture[100:220, 300:420] = cv2.resize(turned(face_picture, to_left=to_left), (120, 120))
    assert not FaceFinder().find(picture)
    (box,) = a_round(picture)
    # Its face is on that side of the head.
    assert beyond([box], 345 if to_left else 375, 165)
    assert not beyond([box], 415 if to_left else 305, 165)
    assert 40 < box[2] - box[0] < 80


# Seconds between pictures that people look at, and for how long a find is remembered.
@pytest.mark.parametrize(("apart_s", "hold_s"), [(0.4, 2.0), (1.5, 2.0), (5.0, 2.0), (1.0, 0.0)])
def test_who_stays_and_is_never_read_is_never_seen_however_seldom_people_look(
    demo_frames, apart_s, hold_s
):
    she, at, room = person(demo_frames[0].grey), At(480, 180, 110, -35.0), Room()
    search = Search(FaceSettings(), hold_s=hold_s)
    veil = Veil(PictureSettings("show", "blur"), None, search, Costs(), hold_s=hold_s)
    for look in range(6):
        frame = Frame(room.show((she, at)), look * apart_s)
        shown = veil.over(frame, [], []).grey
        assert (shown[150:210, 450:510] == frame.grey[150:210, 450:510]).mean() < 0.2, look


@pytest.mark.skipif(not FACES.is_file(), reason="no faces beside the checkout")
def test_real_faces_are_found_two_of_them_in_profile():
    from training.keypoints import read_keypoints

    faces = read_keypoints(FACES).take(np.arange(50, 770, 70))
    for picture, points in zip(faces.pictures, faces.points, strict=True):
        wide = cv2.copyMakeBorder(picture, 24, 24, 48, 48, cv2.BORDER_REPLICATE)
        wide = cv2.resize(wide, (640, 480))
        nose = points[faces.names.index("nose_tip")] * 640 / 192 + [160, 80]
        assert beyond(a_round(wide), *nose)
