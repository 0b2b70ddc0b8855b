"""Faces are looked for more closely to be hidden than to be read."""

import cv2

from device.config import FaceSettings
from device.faces import FaceFinder
from device.veil import Search


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


def test_a_head_on_one_side_is_found_by_the_second_look(face_picture):
    height, width = face_picture.shape
    (box,) = FaceFinder().find(face_picture)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    for angle in (30, -30):
        turn = cv2.getRotationMatrix2D(middle, angle, 1.0)
        tilted = cv2.warpAffine(face_picture, turn, (width, height), borderMode=1)
        search = Search(FaceSettings())
        found = search(tilted) + search(tilted)
        assert beyond(found, *middle), angle


def test_nobody_is_found_in_an_empty_room(empty_picture):
    assert not Search(FaceSettings())(empty_picture)
