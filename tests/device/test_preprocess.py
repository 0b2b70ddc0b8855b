import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.preprocess import Framing, crop_face, cut, onto_square, square_around

PLAIN = Framing()


def ramp(height: int, width: int) -> np.ndarray:
    """A picture whose grey level is its column, so that a shift shows."""
    return np.tile(np.arange(width, dtype=np.uint8), (height, 1))


def test_a_box_of_the_right_size_is_cut_out_as_it_is():
    picture = np.random.default_rng(0).integers(0, 256, (100, 120), dtype=np.uint8)
    crop = crop_face(picture, (30, 20, 78, 68), PLAIN)
    assert np.array_equal(crop, picture[20:68, 30:78])


def test_the_framing_is_in_sides_of_the_box():
    assert square_around((100, 100, 200, 200), Framing(1.2)) == (90, 90, 210, 210)
    assert square_around((100, 100, 200, 200), Framing(1.0, 0.1, -0.2)) == (110, 80, 210, 180)


def test_a_box_that_is_not_square_is_filled_up_to_one():
    assert square_around((100, 100, 200, 180), PLAIN) == (100, 90, 200, 190)


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((-24, 0, 24, 48), slice(None), slice(0, 24)),
        ((76, 0, 124, 48), slice(None), slice(24, 48)),
        ((20, -24, 68, 24), slice(0, 24), slice(None)),
        ((20, 26, 68, 74), slice(24, 48), slice(None)),
    ],
)
def test_beyond_the_edge_the_edge_is_repeated(box, rows, columns):
    """Padded, not wrapped round, shifted or dropped."""
    picture = np.random.default_rng(1).integers(0, 256, (50, 100), dtype=np.uint8)
    padded = np.pad(picture, 60, mode="edge")
    left, top, right, bottom = (value + 60 for value in box)
    assert np.array_equal(crop_face(picture, box, PLAIN), padded[top:bottom, left:right])


def test_shrinking_averages():
    """Without averaging, a fine pattern would come out as one of its two levels."""
    pattern = np.indices((96, 96)).sum(axis=0) % 2 * 200
    assert np.all(crop_face(pattern.astype(np.uint8), (0, 0, 96, 96), PLAIN) == 100)


def test_enlarging_keeps_the_picture_in_place():
    crop = crop_face(ramp(12, 12), (0, 0, 12, 12), PLAIN, side_px=48)
    assert np.array_equal(crop[0], np.sort(crop[0]))
    assert crop.mean() == pytest.approx(5.5, abs=0.2)


def test_a_box_outside_the_picture_is_refused():
    with pytest.raises(ValueError, match="outside a frame of 100x50"):
        crop_face(ramp(50, 100), (200, 0, 248, 48), PLAIN)


def test_a_framing_has_a_size():
    for scale in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="scale"):
            Framing(scale)


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    left=st.integers(-400, 400),
    top=st.integers(-400, 400),
    side=st.integers(1, 500),
    scale=st.floats(0.2, 3),
)
def test_any_box_gives_a_whole_crop_or_a_clear_refusal(height, width, left, top, side, scale):
    picture = np.full((height, width), 77, np.uint8)
    try:
        crop = crop_face(picture, (left, top, left + side, top + side), Framing(scale))
    except ValueError as error:
        assert "outside" in str(error)  # noqa: PT017
        return
    # Nothing but the picture's own level may come in: no black bars.
    assert crop.shape == (48, 48)
    assert np.all(crop == 77)


def test_a_tilted_face_is_turned_upright():
    picture = np.zeros((200, 200), np.uint8)
    picture[60:140, 95:105] = 255  # a bar that stands upright
    tilted = cut(picture, onto_square((100, 100), -30, 1.0, 200), 200)
    box = (60, 60, 140, 140)
    wrong = np.abs(crop_face(tilted, box, PLAIN).astype(int) - crop_face(picture, box, PLAIN))
    right = np.abs(
        crop_face(tilted, box, PLAIN, angle_deg=30).astype(int) - crop_face(picture, box, PLAIN)
    )
    assert right.mean() < wrong.mean() / 8


def test_the_framing_turns_with_the_face():
    picture = np.random.default_rng(0).integers(0, 256, (301, 301), dtype=np.uint8)
    picture = cv2.GaussianBlur(picture, (0, 0), 4)
    framing, box = Framing(1.2, 0.1, -0.15), (110, 110, 190, 190)
    tilted = cut(picture, onto_square((150, 150), -40, 1.0, 300), 300)
    crop = crop_face(tilted, box, framing, angle_deg=40)
    assert np.abs(crop.astype(int) - crop_face(picture, box, framing)).mean() < 1.5


def test_turning_by_nothing_is_cutting_out():
    picture = np.random.default_rng(0).integers(0, 256, (100, 120), dtype=np.uint8)
    square = cut(picture, onto_square((50.0, 40.0), 0.0, 1.0, 48), 48)
    assert np.array_equal(square, picture[16:64, 26:74])


@given(
    st.integers(1, 200), st.integers(1, 200), st.integers(-50, 200), st.integers(-50, 200),
    st.integers(1, 300), st.floats(-180, 180),
)  # fmt: skip
def test_any_tilted_box_gives_a_crop_or_is_refused(height, width, left, top, side, angle_deg):
    picture = np.zeros((height, width), np.uint8)
    box = (left, top, left + side, top + side)
    try:
        crop = crop_face(picture, box, Framing(1.1, 0.05, 0.05), angle_deg=angle_deg)
    except ValueError:
        x, y, right, bottom = square_around(box, Framing(1.1, 0.05, 0.05))
        assert right <= 0 or bottom <= 0 or x >= width or y >= height
    else:
        assert crop.shape == (48, 48)


@pytest.mark.parametrize("angle_deg", [math.nan, math.inf])
def test_a_tilt_that_is_no_number_is_refused(angle_deg):
    with pytest.raises(ValueError, match="a tilt is in degrees, got"):
        crop_face(np.zeros((9, 9), np.uint8), (0, 0, 9, 9), PLAIN, angle_deg=angle_deg)
