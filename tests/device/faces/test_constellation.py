import math

import numpy as np
import pytest

from device.faces.constellation import _CONSTELLATION, Constellation

NAMES = list(_CONSTELLATION)
MEAN = np.array([row[:2] for row in _CONSTELLATION.values()])


def on_a_face(x, y, side, angle_deg):
    """The points of a mean face in that box."""
    turn = math.radians(angle_deg)
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return side * MEAN @ matrix + (x, y)


@pytest.mark.parametrize("angle_deg", [-170.0, -30.0, 0.0, 12.5, 90.0])
def test_the_points_of_a_face_lay_the_box_that_it_has(angle_deg):
    place, _ = Constellation(NAMES).lay(on_a_face(320.5, 180.25, 96.0, angle_deg))
    assert (place.x, place.y, place.side) == pytest.approx((320.5, 180.25, 96.0))
    assert place.angle_deg == pytest.approx(angle_deg)


def test_what_is_tilted_clockwise_as_one_sees_it_has_a_tilt_above_0():
    points = on_a_face(100, 100, 80, 20)
    left, right = (NAMES.index(f"{side}_eye_center") for side in ("left", "right"))
    assert points[left][1] > points[right][1]  # her own left eye, at the right, lies lower
    assert Constellation(NAMES).lay(points)[0].angle_deg == pytest.approx(20)


def test_points_in_another_order_lay_the_same_box():
    order = np.random.default_rng(0).permutation(len(NAMES))
    points = on_a_face(50, 60, 40, 10)
    there, _ = Constellation([NAMES[i] for i in order]).lay(points[order])
    here, _ = Constellation(NAMES).lay(points)
    assert (there.x, there.y, there.angle_deg) == pytest.approx((here.x, here.y, here.angle_deg))


def test_a_point_that_is_not_known_says_nothing():
    points = np.vstack([on_a_face(50, 60, 40, 10), [[900.0, -900.0]]])
    assert Constellation([*NAMES, "left_ear"]).lay(points)[0].x == pytest.approx(50)


def test_a_mouth_that_opens_hardly_moves_the_box():
    points = on_a_face(320, 180, 100, 0)
    points[NAMES.index("mouth_center_bottom_lip")][1] += 10
    place, _ = Constellation(NAMES).lay(points)
    assert (place.x, place.y) == pytest.approx((320, 180), abs=1)
    assert place.side == pytest.approx(100, abs=4)
    assert abs(place.angle_deg) < 1


def test_names_of_other_things_are_refused():
    with pytest.raises(ValueError, match="points of a face are wanted, got tail, wing"):
        Constellation(["tail", "wing"])


def test_points_that_lie_otherwise_are_astray():
    points = on_a_face(320, 180, 100, 10)
    assert Constellation(NAMES).lay(points)[1] == pytest.approx(0, abs=1e-6)
    mixed = points[np.random.default_rng(1).permutation(len(points))]
    assert Constellation(NAMES).lay(mixed)[1] > 0.1


def test_points_that_all_lie_in_one_are_astray_and_no_error():
    place, astray = Constellation(NAMES).lay(np.full((len(NAMES), 2), 7.0))
    assert place.side > 0
    assert astray >= 0
