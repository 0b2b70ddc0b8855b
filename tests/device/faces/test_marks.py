"""What the points of a face are used for: with the shipped network, and with points made up."""

from dataclasses import dataclass

import numpy as np
import pytest

from device.config import FaceSettings, Settings
from device.costs import Costs
from device.face_points import open_marks
from device.faces import FaceFinder, FaceFollower, Marks
from device.faces.finder import View
from device.faces.place import Place
from tests.benchmarks import clutter
from tests.device.faces.test_constellation import NAMES, on_a_face
from tests.device.scenes import At, Room, person

HZ = 10
# Drawn pictures in which the cascade finds faces.
BLOBS = (9, 54, 64, 84, 89, 131)


@dataclass(frozen=True)
class Found:
    points: np.ndarray
    confidence: float


@pytest.fixture(scope="module")
def she(demo_frames):
    return person(demo_frames[0].grey)


@pytest.fixture(scope="module")
def own_deg(she):
    """How far her head is tilted in the demo clip itself."""
    finder = FaceFinder()
    picture = Room().show((she, At(320, 180, 110)))
    (place,) = finder.places(picture)
    return marks().ask(finder.view(picture), place).angle_deg


def marks(*uses):
    faces = FaceSettings(landmarks=uses or ("level", "steady", "blobs"))
    return open_marks(Settings(faces=faces), Costs())


def told(points, confidence=0.95, **uses):
    """Marks that are told these points, whatever the picture."""
    return Marks(lambda *_: Found(points, confidence), NAMES, **uses)


def empty_view():
    return FaceFinder().view(np.zeros((360, 640), np.uint8))


def follow(scenes, uses, hz=HZ, **options):
    """The faces of each scene, ``hz`` a second; a scene is (person, At) pairs."""
    follower, room = FaceFollower(FaceFinder(), marks=uses, **options), Room()
    return [follower.follow(room.show(*scene), i / hz) for i, scene in enumerate(scenes)]


def box_of(face):
    left, top, right, bottom = face.box_xyxy
    return (left + right) / 2, (top + bottom) / 2, right - left


def test_the_points_have_the_tilt_the_place_and_the_size():
    place = Place(320, 180, 110, 0.0, hits=5)
    points = on_a_face(325, 178, 104, 25)
    asked = told(points).ask(empty_view(), place)
    assert (asked.x, asked.y, asked.side) == pytest.approx((325, 178, 104))
    assert (asked.angle_deg, asked.hits) == (pytest.approx(25), 5)
    level = told(points, steady=False).ask(empty_view(), place)
    assert (level.x, level.side, level.angle_deg) == (320, 110, pytest.approx(25))
    steady = told(points, level=False).ask(empty_view(), place)
    assert (steady.x, steady.angle_deg) == (pytest.approx(325), 0)


def test_what_the_points_find_is_checked_though_no_cascade_was_asked():
    found = told(on_a_face(325, 178, 104, 0)).again(empty_view(), Place(320, 180, 110))
    assert (found.hits, found.checked) == (0, True)
    assert not Place(320, 180, 110).checked
    assert Place(320, 180, 110, hits=2).checked


@pytest.mark.parametrize(
    ("points", "confidence"),
    [
        (on_a_face(320, 180, 110, 0), 0.3),
        (on_a_face(320, 180, 110, 0)[np.random.default_rng(1).permutation(15)], 0.95),
        (on_a_face(360, 180, 110, 0), 0.95),
        (on_a_face(320, 180, 50, 0), 0.95),
        (np.full((15, 2), 320.0), 0.95),
    ],
    ids=["hardly seen", "mixed up", "beside it", "too small", "all in one"],
)
def test_what_is_no_constellation_on_the_find_is_refused_and_changes_nothing(points, confidence):
    place = Place(320, 180, 110, 3.0, hits=5)
    uses = told(points, confidence)
    asked = uses.ask(empty_view(), place)
    assert uses.refuses(asked)
    assert uses.only_faces(empty_view(), [place]) == []
    assert uses.again(empty_view(), place) is None
    assert (asked.x, asked.side, asked.angle_deg) == (320, 110, 3.0)
    without = told(points, confidence, blobs=False)
    assert without.only_faces(empty_view(), [place]) == [asked]


def test_a_tilt_that_no_face_has_is_not_believed():
    asked = told(on_a_face(320, 180, 110, 80)).ask(empty_view(), Place(320, 180, 110, 10.0))
    assert asked.angle_deg == 10.0


def test_who_has_no_points_for_long_is_no_face(she):
    """A hand may hide them for a moment: five seconds later it was a blob."""
    finder, room, there = FaceFinder(), Room(), At(320, 180, 110)
    sure = told(on_a_face(320, 180, 110, 0), level=False, steady=False)
    unsure = told(on_a_face(320, 180, 110, 0), 0.1, level=False, steady=False)
    follower, seen = FaceFollower(finder, marks=sure), {}
    for i in range(20):
        if i == 4:
            follower._marks = unsure
        seen[i] = follower.follow(room.show((she, there)), i / 2)
    assert [i for i in range(4, 20) if seen[i]] == list(range(4, 15))


def test_a_place_beyond_the_edge_is_not_asked_about_and_nobody_is_found_there():
    place, uses = Place(-50.0, 180.0, 100.0, sure=0.9), told(on_a_face(-50, 180, 100, 0))
    assert uses.ask(empty_view(), place) == Place(-50.0, 180.0, 100.0)
    assert uses.again(empty_view(), place) is None


@pytest.mark.parametrize("tilt_deg", [-30.0, 15.0])
def test_a_face_is_levelled_within_some_degrees(she, own_deg, tilt_deg):
    seen = follow([[(she, At(320, 180, 110, tilt_deg))]] * 12, marks())
    assert seen[-1][0].angle_deg == pytest.approx(tilt_deg + own_deg, abs=5)


def test_a_head_that_tilts_is_levelled_all_the_way(she, own_deg):
    tilts = [30 * np.sin(2 * np.pi * i / 60) for i in range(60)]
    seen = follow([[(she, At(320, 180, 110, tilt))] for tilt in tilts], marks())
    off = [
        abs(faces[0].angle_deg - tilt - own_deg)
        for faces, tilt in zip(seen[2:], tilts[2:], strict=True)
    ]
    assert np.median(off) <= 4
    assert max(off) <= 12


def test_the_box_lies_where_the_cascades_does_on_an_upright_face(she):
    scenes = [[(she, At(320, 180, 110))]] * 4
    steady, plain = (follow(scenes, uses)[-1][0] for uses in (marks(), None))
    x, y, side = box_of(steady)
    assert (x, y) == pytest.approx(box_of(plain)[:2], abs=8)
    assert side == pytest.approx(box_of(plain)[2], rel=0.2)


def test_a_known_face_is_followed_without_the_cascade(she, monkeypatch):
    """That is what the points save: a look by the cascade takes several times as long."""
    calls, near = [], View.near
    monkeypatch.setattr(View, "near", lambda *args: calls.append(1) or near(*args))
    tilts = [[(she, At(320, 180, 110, i))] for i in range(24)]
    follow(tilts, marks())
    with_points = len(calls)
    calls.clear()
    follow(tilts, None)
    assert with_points < len(calls) / 2


def test_faces_are_not_refused(demo_frames):
    finder, uses = FaceFinder(), marks()
    found = [(finder.view(frame.grey), finder.places(frame.grey)) for frame in demo_frames[::15]]
    refused = [uses.refuses(uses.ask(view, place)) for view, places in found for place in places]
    assert len(refused) >= 12
    assert not any(refused)


def test_most_of_what_a_cascade_takes_for_a_face_in_clutter_is_refused():
    def faces(picture, uses):
        return FaceFollower(FaceFinder(), continuous=False, marks=uses).follow(picture, 0.0)

    pictures = [clutter.picture(number) for number in BLOBS]
    assert all(faces(picture, marks("level")) for picture in pictures)
    assert sum(bool(faces(picture, marks("blobs"))) for picture in pictures) <= 2


def test_a_face_keeps_its_number_while_a_hand_is_before_it(she):
    follower, room = FaceFollower(FaceFinder(), marks=marks()), Room()
    seen = []
    for i in range(30):
        picture = room.show((she, At(320, 180, 110)))
        if 6 <= i < 20:
            picture[180:240, 260:390] = 120
        seen.append({face.id for face in follower.follow(picture, i / HZ)})
    assert seen[-1] == {1}
    assert set().union(*seen) == {1}
