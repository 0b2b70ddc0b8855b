import numpy as np
import pytest

from convert.framing import BORDER_PX, ENLARGED_PX, FEWEST, measure_framing
from device.errors import ModelError
from device.preprocess import square_around
from tests.convert.drawing import face


class BrightestBox:
    """Finds what is bright: a detector whose box is known to the pixel."""

    def __init__(self):
        self.found = []

    def find(self, grey):
        rows, columns = np.nonzero(grey > 128)
        if not len(rows):
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        self.found.append(tuple(int(edge) for edge in box))
        return self.found[-1:]


def _with_square(left: int, top: int, side: int) -> np.ndarray:
    image = np.zeros((48, 48), np.uint8)
    image[top : top + side, left : left + side] = 255
    return image


def _many(image: np.ndarray) -> np.ndarray:
    return np.stack([image] * FEWEST)


def test_describes_the_image_in_sides_of_a_known_box():
    # The box's centre is at (22, 27), the image's at (24, 24).
    measured = measure_framing(_many(_with_square(10, 15, 24)), BrightestBox())
    assert measured.framing.scale == pytest.approx(48 / 24, abs=0.03)
    assert measured.framing.shift_x == pytest.approx(+2 / 24, abs=0.01)
    assert measured.framing.shift_y == pytest.approx(-3 / 24, abs=0.01)


def test_the_device_cuts_out_the_training_image_again():
    finder = BrightestBox()
    framing = measure_framing(_many(_with_square(8, 20, 20)), finder).framing
    square = square_around(finder.found[0], framing)
    near, far = BORDER_PX, BORDER_PX + ENLARGED_PX
    assert np.abs(np.subtract(square, (near, near, far, far))).max() <= 1


def test_one_wrong_box_in_ten_does_not_move_the_median():
    images = np.concatenate([_many(_with_square(12, 12, 24)), [_with_square(0, 0, 6)] * 3])
    alone = measure_framing(images[:FEWEST], BrightestBox())
    assert measure_framing(images, BrightestBox()).framing == alone.framing


def test_counts_the_images_without_a_face_and_states_the_spread():
    sizes = [16] * FEWEST + [24] * FEWEST + [32] * FEWEST
    images = [_with_square(24 - n // 2, 24 - n // 2, n) for n in sizes]
    images += [np.zeros((48, 48), np.uint8)] * 5
    measured = measure_framing(np.stack(images), BrightestBox())
    assert (measured.found, measured.images) == (3 * FEWEST, 3 * FEWEST + 5)
    low, high = measured.quartiles.scale
    assert (low, high) == pytest.approx((48 / 32, 48 / 16), abs=0.05)


def test_too_few_faces_are_an_error_that_says_how_many():
    images = np.concatenate([_many(_with_square(12, 12, 24))[1:], np.zeros((9, 48, 48), np.uint8)])
    with pytest.raises(ModelError, match=f"in {FEWEST - 1} of {FEWEST + 8} training images"):
        measure_framing(images, BrightestBox())


def test_the_devices_detector_sees_how_large_a_face_fills_its_image():
    small = measure_framing(_many(face(0.32))).framing
    large = measure_framing(_many(face(0.44))).framing
    assert small.scale / large.scale == pytest.approx(0.44 / 0.32, rel=0.08)


def test_the_devices_detector_sees_where_a_face_lies_in_its_image():
    middle = measure_framing(_many(face(0.36))).framing
    moved = measure_framing(_many(face(0.36, centre_x=0.55, centre_y=0.44))).framing
    # A face further right means an image further left of it.
    assert moved.shift_x - middle.shift_x == pytest.approx(-0.05 * middle.scale, abs=0.03)
    assert moved.shift_y - middle.shift_y == pytest.approx(+0.06 * middle.scale, abs=0.03)
