import numpy as np
import pytest

from device.faces import FaceFinder, FaceTracker


def test_the_face_in_the_demo_clip_is_found_while_it_is_there(demo_frames):
    finder = FaceFinder()
    found = {round(f.time_s): bool(finder.find(f.grey)) for f in demo_frames[::15]}
    assert [second for second, there in found.items() if not there] == [12, 13, 14, 15]


def test_a_box_lies_on_the_face(face_picture):
    boxes = FaceFinder().find(face_picture)
    assert len(boxes) == 1
    left, top, right, bottom = boxes[0]
    # Eyes and mouth, seen in the picture: x 305 to 350, y 145 to 200.
    assert left < 305
    assert right > 350
    assert top < 145
    assert bottom > 200
    assert right - left == bottom - top


def test_boxes_are_in_pixels_of_the_frame_whatever_its_size(face_picture):
    large = np.kron(face_picture, np.ones((2, 2), np.uint8))
    (small_box,), (large_box,) = FaceFinder().find(face_picture), FaceFinder().find(large)
    assert np.allclose(np.array(large_box), np.array(small_box) * 2, atol=12)


def test_nobody_is_found_in_an_empty_picture(empty_picture):
    assert FaceFinder().find(empty_picture) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (19, 19), (48, 48), (3000, 4000)])
def test_a_frame_of_any_size_is_searched(shape):
    assert FaceFinder().find(np.full(shape, 90, np.uint8)) == []


def test_a_face_keeps_its_number_while_it_moves():
    tracker = FaceTracker()
    for step in range(20):
        left = 10 + 20 * step
        (face,) = tracker.update([(left, 50, left + 80, 130)], step * 1.0)
        assert face.id == 1


def test_two_faces_keep_their_numbers_in_any_order():
    tracker = FaceTracker()
    left, right = (0, 0, 80, 80), (300, 0, 380, 80)
    tracker.update([left, right], 0.0)
    faces = tracker.update([right, left], 1.0)
    assert {face.id: face.box_xyxy for face in faces} == {1: left, 2: right}


def test_a_face_far_from_all_others_is_a_new_one():
    tracker = FaceTracker()
    tracker.update([(0, 0, 80, 80)], 0.0)
    (face,) = tracker.update([(300, 0, 380, 80)], 1.0)
    assert face.id == 2


def test_a_face_that_was_away_long_is_a_new_one():
    tracker = FaceTracker(forget_s=3.0)
    box = (0, 0, 80, 80)
    assert [face.id for face in tracker.update([box], 0.0)] == [1]
    assert [face.id for face in tracker.update([box], 2.0)] == [1]
    assert [face.id for face in tracker.update([box], 6.0)] == [2]
