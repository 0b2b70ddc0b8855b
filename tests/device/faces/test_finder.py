import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.faces import FaceFinder
from device.faces.place import Place, without_doubles
from tests.device.scenes import At, Room, person


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
    assert np.allclose(np.array(large_box), np.array(small_box) * 2, atol=16)


def test_nobody_is_found_in_an_empty_picture(empty_picture):
    assert FaceFinder().find(empty_picture) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (19, 19), (48, 48), (3000, 4000)])
def test_a_frame_of_any_size_is_searched(shape):
    assert FaceFinder().find(np.full(shape, 90, np.uint8)) == []


def test_a_known_face_is_found_where_it_is_and_as_large_as_it_is(face_picture):
    view = FaceFinder().view(face_picture)
    (truth,) = view.everywhere()
    for x, y, size in [(0, 0, 1), (0.15, -0.1, 1), (0, 0.1, 1.15), (-0.1, 0, 0.87)]:
        known = Place(truth.x + x * truth.side, truth.y + y * truth.side, truth.side * size)
        found = view.near(known)
        assert found is not None
        assert found.distance(truth) < 0.08
        assert found.size_ratio(truth) < 1.1


def test_looking_again_and_again_does_not_move_a_face_or_let_it_grow(face_picture):
    view = FaceFinder().view(face_picture)
    (first,) = view.everywhere()
    place = first
    for _ in range(20):
        place = view.near(place)
        assert place is not None
        assert place.distance(first) < 0.08
        assert place.size_ratio(first) < 1.12


def test_a_face_that_went_away_is_not_found_near(empty_picture):
    assert FaceFinder().view(empty_picture).near(Place(320, 180, 100)) is None


@pytest.mark.parametrize("tilt_deg", [-30, -20, 20, 30])
def test_a_tilted_face_is_found_by_turning(face_picture, tilt_deg):
    at = At(320, 180, 110, tilt_deg)
    view = FaceFinder().view(Room().show((person(face_picture), at)))
    found = view.near(Place(320, 180, 110), tilt_deg)
    assert found is not None
    assert found.angle_deg == tilt_deg
    assert found.distance(Place(320, 180, 110)) < 0.12


def test_a_look_is_the_same_for_one_face_and_differs_between_two(face_picture):
    one, other = person(face_picture), person(face_picture, other=True)
    view = FaceFinder().view(
        Room().show(
            (one, At(150, 180, 100)), (one, At(320, 180, 120, 20)), (other, At(500, 180, 100))
        )
    )
    here = view.look(Place(150, 180, 100))
    assert here.shape == (12, 12)
    assert 0 <= here.min() < here.max() <= 1
    same = np.abs(here - view.look(Place(320, 180, 120, 20))).mean()
    assert same < np.abs(here - view.look(Place(500, 180, 100))).mean() / 3


def test_of_two_finds_of_one_face_the_better_is_kept():
    weak, strong = Place(100, 100, 50, hits=3), Place(104, 98, 55, hits=9)
    elsewhere = Place(200, 100, 50, hits=1)
    assert without_doubles([weak, elsewhere, strong]) == [strong, elsewhere]
    by_its_points = Place(102, 101, 52, sure=0.9)
    assert without_doubles([elsewhere, strong, by_its_points]) == [by_its_points, elsewhere]


@settings(deadline=None, max_examples=60)
@given(
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    x=st.floats(-1e4, 1e4),
    y=st.floats(-1e4, 1e4),
    side=st.floats(1e-3, 1e5),
    angle_deg=st.floats(-180, 180),
)
def test_any_place_in_any_picture_can_be_asked_about(size, x, y, side, angle_deg):
    noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    view = FaceFinder().view(noise)
    place = Place(x, y, side, angle_deg)
    assert view.look(place).shape == (12, 12)
    found = view.near(place)
    assert found is None or (found.side > 0 and np.isfinite([found.x, found.y]).all())
    left, top, right, bottom = place.box_xyxy
    assert right - left == bottom - top >= 1


@pytest.mark.parametrize("tilt_deg", [-15, -10, 10, 15])
def test_a_face_that_comes_in_somewhat_tilted_is_found(face_picture, tilt_deg):
    at = At(320, 180, 110, tilt_deg)
    (found,) = FaceFinder().view(Room().show((person(face_picture), at))).everywhere()
    assert found.distance(Place(320, 180, 110)) < 0.15


@pytest.mark.parametrize("tilt_deg", [-30, -20, 20, 30])
def test_the_whole_picture_can_be_searched_for_tilted_faces(face_picture, tilt_deg):
    at = At(420, 120, 90, tilt_deg)
    view = FaceFinder().view(Room().show((person(face_picture), at)))
    (found,) = view.everywhere(np.sign(tilt_deg) * 22.0)
    assert found.distance(Place(420, 120, 90)) < 0.2
    assert abs(found.angle_deg - tilt_deg) <= 16
