import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import FaceSettings, Settings
from device.costs import Costs
from device.face_points import open_marks
from device.faces import FaceFinder, FaceFollower
from device.faces.follower import _assign
from device.preprocess import Framing, crop_face
from tests.device.conftest import VIDEOS
from tests.device.scenes import HEIGHT_PX, WIDTH_PX, At, Room, person

HZ = 10


@pytest.fixture(scope="module")
def she(demo_frames):
    return person(demo_frames[0].grey)


@pytest.fixture(scope="module")
def he(demo_frames):
    return person(demo_frames[0].grey, other=True)


@pytest.fixture(scope="module", params=[(), ("level", "steady")], ids=["without points", "points"])
def marks(request):
    """What is asked of the points of a face: nothing, and what is asked by default."""
    return open_marks(Settings(faces=FaceSettings(landmarks=request.param)), Costs())


def follow(scenes, **options):
    """The faces of each scene, ``HZ`` a second; a scene is (person, At) pairs."""
    follower, room = FaceFollower(FaceFinder(), **options), Room()
    return [follower.follow(room.show(*scene), i / HZ) for i, scene in enumerate(scenes)]


def numbers(faces_of_scenes):
    return [[face.id for face in faces] for faces in faces_of_scenes]


def at(face):
    left, top, right, bottom = face.box_xyxy
    return (left + right) / 2, (top + bottom) / 2


def test_a_face_keeps_its_number_while_it_crosses_the_room(she, marks):
    seen = follow([[(she, At(100 + 15 * i, 180, 90))] for i in range(30)], marks=marks)
    assert seen[0] == []
    assert numbers(seen[1:]) == [[1]] * 29
    for i, (face,) in enumerate(seen[1:], start=1):
        assert at(face) == pytest.approx((100 + 15 * i, 180), abs=14)


def test_a_face_that_comes_nearer_is_followed(she, marks):
    seen = follow([[(she, At(320, 180, 60 * 1.05**i))] for i in range(25)], marks=marks)
    assert numbers(seen[1:]) == [[1]] * 24
    (last,) = seen[-1]
    assert last.box_xyxy[2] - last.box_xyxy[0] == pytest.approx(60 * 1.05**24, rel=0.2)


def test_two_who_pass_each_other_keep_their_numbers(she, he, marks):
    def scene(i):
        way = 15 * i
        return [(he, At(520 - way, 185, 95)), (she, At(120 + way, 180, 100))]  # she in front

    seen = follow([scene(i) for i in range(28)], marks=marks)
    first = {face.id: at(face)[0] < 320 for face in seen[2]}
    last = {face.id: at(face)[0] > 320 for face in seen[-1]}
    assert last == first
    assert numbers(seen)[2] == numbers(seen)[-1] == [1, 2]


def test_two_who_meet_and_turn_back_keep_their_numbers(she, he, marks):
    def scene(i):
        way = 15 * (i if i < 12 else 24 - i)
        return [(he, At(500 - way, 185, 95)), (she, At(140 + way, 180, 100))]

    seen = follow([scene(i) for i in range(24)], marks=marks)
    first = {face.id: at(face)[0] < 320 for face in seen[2]}
    assert {face.id: at(face)[0] < 320 for face in seen[-1]} == first
    assert len(first) == 2


def test_a_face_that_is_away_for_a_second_keeps_its_number(she, marks):
    scene = [(she, At(300, 180, 90))]
    seen = follow([scene] * 5 + [[]] * 10 + [scene] * 10, marks=marks)
    assert numbers(seen[5:15]) == [[]] * 10
    assert numbers(seen)[-1] == [1]


def test_a_face_that_was_away_long_is_a_new_one(she, marks):
    scene = [(she, At(300, 180, 90))]
    seen = follow([scene] * 5 + [[]] * 12 + [scene] * 10, forget_s=1.0, marks=marks)
    assert numbers(seen)[-1] == [2]


@pytest.mark.parametrize("speed_px", [20, 40])
def test_who_walks_out_of_the_picture_is_forgotten(she, marks, speed_px):
    """And the next one is found as anybody is who comes into an empty room, head tilted or not."""
    follower, room = FaceFollower(FaceFinder(), forget_s=1.0, marks=marks), Room()
    way = [[(she, At(320 + speed_px * max(0, i - 10), 180, 110))] for i in range(50)]
    left = [follower.follow(room.show(*scene), i / HZ) for i, scene in enumerate(way)]
    assert numbers(left)[10] == [1]
    assert follower.known == []
    assert follower.suspects(5.0) == []
    tilted = room.show((she, At(320, 180, 110, 30)))
    (back,) = [follower.follow(tilted, 5 + i / HZ) for i in range(25)][-1]
    assert back.id not in numbers(left)[10]
    assert at(back) == pytest.approx((320, 180), abs=14)


def test_a_face_that_shows_for_one_frame_is_none(she, marks):
    seen = follow([[]] * 5 + [[(she, At(300, 180, 90))]] + [[]] * 10, search_hz=HZ, marks=marks)
    assert numbers(seen) == [[]] * 16


@pytest.mark.parametrize("every_s", [2.0, 10.0])
def test_a_slow_camera_shows_faces_too(she, every_s):
    follower, room = FaceFollower(FaceFinder()), Room()
    seen = [follower.follow(room.show((she, At(300, 180, 90))), every_s * i) for i in range(4)]
    assert numbers(seen) == [[], [1], [1], [1]]


def test_in_pictures_of_many_scenes_nobody_is_followed(she, he, marks):
    there = At(300, 180, 90)
    seen = follow(
        [[(she, there)], [(he, there)], [], [(she, there)]], continuous=False, marks=marks
    )
    assert numbers(seen) == [[1], [2], [], [3]]


def test_who_takes_anothers_seat_is_somebody_else(she, he, marks):
    there = At(300, 180, 90)
    seen = follow([[(she, there)]] * 10 + [[]] * 10 + [[(he, there)]] * 10, marks=marks)
    assert numbers(seen)[9] == [1]
    assert numbers(seen)[-1] == [2]


@pytest.mark.parametrize("tilt_deg", [-30, 30])
def test_who_comes_in_with_the_head_on_one_side_is_found(she, marks, tilt_deg):
    seen = follow([[]] * 5 + [[(she, At(300, 180, 110, tilt_deg))]] * 40, marks=marks)
    assert numbers(seen)[-1] == [1]
    assert abs(seen[-1][0].angle_deg - tilt_deg) <= 16


def test_who_comes_in_is_seen_within_a_second(she, he):
    here = (she, At(200, 180, 90))
    seen = follow([[here]] * 7 + [[here, (he, At(450, 180, 90))]] * 10, search_hz=2)
    assert numbers(seen)[6] == [1]
    assert numbers(seen)[13] == [1, 2]


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_head_that_tilts_is_followed_and_its_tilt_known(she, sign):
    tilts = [sign * min(30.0, i) for i in range(45)]
    seen = follow([[(she, At(320, 180, 110, tilt))] for tilt in tilts])
    assert numbers(seen[1:]) == [[1]] * 44
    # The classifier is used to some tilt; the cascade finds its level to within this.
    assert all(
        abs(faces[0].angle_deg - tilt) <= 16
        for faces, tilt in zip(seen[1:], tilts[1:], strict=True)
    )
    upright = follow([[(she, At(320, 180, 110, tilt))] for tilt in [*tilts, *tilts[::-1]]])
    assert abs(upright[-1][0].angle_deg) <= 16


def test_a_head_that_tilts_at_once_is_not_lost(she, marks):
    seen = follow(
        [[(she, At(320, 180, 110, 0.0 if i < 5 else 30.0))] for i in range(20)], marks=marks
    )
    assert numbers(seen[7:]) == [[1]] * 13


def test_a_poster_is_marked_and_a_person_is_not(she, he, marks):
    generator = np.random.default_rng(1)

    def scene(i):
        x, y = generator.normal(0, 2, 2)
        return [(she, At(180, 180, 100)), (he, At(450 + x, 180 + y, 100))]

    seen = follow([scene(i) for i in range(60)], still_s=4.0, marks=marks)
    assert [[face.still for face in faces] for faces in (seen[20], seen[-1])] == [
        [False, False],
        [at(face)[0] < 320 for face in seen[-1]],
    ]


def test_a_poster_that_is_carried_away_is_none_any_more(she):
    scenes = [[(she, At(200, 180, 100))]] * 40 + [
        [(she, At(200 + 8 * i, 180, 100))] for i in range(9)
    ]
    seen = follow(scenes, still_s=3.0)
    assert seen[39][0].still
    assert not seen[-1][0].still


def test_a_poster_stays_one_when_the_light_is_dimmed(she):
    room, follower = Room(), FaceFollower(FaceFinder(), still_s=3.0)
    poster = room.show((she, At(200, 180, 100))).astype(float)
    seen = []
    for i in range(80):
        light = poster * (1.0 if i < 40 else 0.85) + room.generator.normal(0, 2, poster.shape)
        seen.append(follower.follow(np.clip(light, 0, 255).astype(np.uint8), i / HZ))
    assert [faces[0].still for faces in seen[35:]] == [True] * 45


def test_a_face_is_not_looked_for_where_it_was_in_a_frame_of_another_size(she, marks):
    follower, room = FaceFollower(FaceFinder(), marks=marks), Room()
    large = room.show((she, At(560, 180, 90)))
    for i in range(5):
        follower.follow(large, i / HZ)
    small = np.ascontiguousarray(large[:, 160:])
    seen = [follower.follow(small, (5 + i) / HZ) for i in range(4)]
    assert [len(faces) for faces in seen] == [0, 1, 1, 1]
    assert at(seen[-1][0]) == pytest.approx((400, 180), abs=14)


def test_a_clock_that_is_set_back_a_little_holds_no_face_up(she):
    follower, room = FaceFollower(FaceFinder()), Room()
    times_s = [i / HZ for i in range(30)]
    times_s += [0.5 + i / HZ for i in range(20)]
    seen = [
        follower.follow(room.show((she, At(150 + 8 * i, 180, 90))), time_s)
        for i, time_s in enumerate(times_s)
    ]
    assert numbers(seen[1:]) == [[1]] * 49
    assert at(seen[-1][0]) == pytest.approx((150 + 8 * 49, 180), abs=14)


def test_a_clock_that_is_set_back_stops_nothing(she, marks):
    follower, room = FaceFollower(FaceFinder(), marks=marks), Room()
    times_s = [100.0, 100.1, 100.2, 5.0, 5.1, 5.2, 5.3]
    seen = [follower.follow(room.show((she, At(300, 180, 90))), t) for t in times_s]
    assert [len(faces) for faces in seen] == [0, 1, 1, 0, 1, 1, 1]


@settings(deadline=None, max_examples=25)
@given(
    frames=st.lists(
        st.tuples(
            st.one_of(st.none(), st.tuples(st.integers(1, 200), st.integers(1, 200))),
            st.floats(-1e9, 1e9),
        ),
        max_size=8,
    )
)
def test_frames_of_any_size_at_any_times_are_taken(she, frames):
    follower, room = FaceFollower(FaceFinder()), Room()
    for size, time_s in frames:
        picture = np.zeros(size, np.uint8) if size else room.show((she, At(300, 180, 90)))
        faces = follower.follow(picture, time_s)
        assert len({face.id for face in faces}) == len(faces)
        assert all(-45 <= face.angle_deg <= 45 for face in faces)
        for face in faces:
            crop_face(picture, face.box_xyxy, Framing(), angle_deg=face.angle_deg)


def test_a_find_that_only_one_of_two_faces_can_be_is_given_to_it():
    costs = np.array([[0.1, 0.3], [0.2, math.inf]])
    assert _assign(costs) == {0: 1, 1: 0}


@pytest.mark.skipif(not VIDEOS.is_dir(), reason="no films of two people here")
def test_two_real_people_who_pass_each_other_keep_their_numbers():
    from device.sources.video import Video

    with (
        Video(VIDEOS / "expressive_20s.mp4") as crying,
        Video(VIDEOS / "face_leaves.mov") as smiling,
    ):
        woman = [person(frame.grey) for _, frame in zip(range(10), crying, strict=False)]
        man = [person(frame.grey) for _, frame in zip(range(10), smiling, strict=False)]

    def scene(i, front):
        pair = [
            (woman[i % 10], At(120 + 15 * i, 180, 100)),
            (man[i % 10], At(540 - 15 * i, 185, 100)),
        ]
        return pair if front else pair[::-1]

    for front in (True, False):
        seen = follow([scene(i, front) for i in range(29)])
        first = {face.id: at(face)[0] < WIDTH_PX / 2 for face in seen[2]}
        last = {face.id: at(face)[0] > WIDTH_PX / 2 for face in seen[-1]}
        assert last == first
        assert len(first) == 2
        assert all(math.hypot(*at(face)) < WIDTH_PX + HEIGHT_PX for face in seen[-1])


@pytest.mark.parametrize("tilt_deg", [-24.0, 24.0])
def test_each_picture_of_its_own_is_searched_for_a_tilted_face(face_picture, tilt_deg):
    picture = Room().show((person(face_picture), At(320, 180, 110, tilt_deg)))
    follower = FaceFollower(FaceFinder(), continuous=False)
    assert [len(follower.follow(picture, float(second))) for second in range(4)] == [1, 1, 1, 1]
