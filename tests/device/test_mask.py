"""Which pixels are a face's, by a network that is at hand and by none."""

import cv2
import numpy as np
import pytest

from device.errors import ModelError
from device.faces import FaceFinder
from device.mask import FaceMask, oval
from device.model import RUNTIMES
from device.model_store import SHIPPED
from tests.device.conftest import MODEL

PATH = SHIPPED / "mask.tflite"


def drawn(marked, shape):
    """What is marked, in a whole picture: float32 of its shape."""
    whole = np.zeros(shape, np.float32)
    height, width = marked.share.shape
    whole[marked.top : marked.top + height, marked.left : marked.left + width] = marked.share
    return whole


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.fixture(scope="module")
def mask():
    return FaceMask(PATH)


@pytest.mark.parametrize("angle", [0, 30, -45])
def test_an_oval_lies_in_its_box_and_turns_with_the_face(angle):
    grey = np.zeros((300, 400), np.uint8)
    box = (150, 100, 250, 200)
    whole = drawn(oval(grey, box, angle), grey.shape)
    rows, columns = np.nonzero(whole)
    # Its middle is 16 pixels below the box's, seen upright.
    turn = np.radians(angle)
    assert abs(columns.mean() - (199.5 - 16 * np.sin(turn))) < 1
    assert abs(rows.mean() - (149.5 + 16 * np.cos(turn))) < 1
    assert abs(whole.sum() - np.pi * 42 * 42) < 150


def test_a_face_beyond_the_picture_has_no_pixels():
    assert oval(np.zeros((100, 100), np.uint8), (500, 500, 600, 600)) is None


def test_a_face_at_the_edge_has_those_that_are_in_the_picture():
    grey = np.zeros((100, 100), np.uint8)
    marked = oval(grey, (-50, -50, 50, 50))
    assert (marked.left, marked.top) == (0, 0)
    assert marked.share.shape[0] <= 100
    assert drawn(marked, grey.shape).any()


def test_a_file_of_another_kind_is_no_mask():
    with pytest.raises(ModelError, match=r"mien.tflite: a model of classifier: give one of mask"):
        FaceMask(MODEL)


def test_a_real_face_is_marked_from_brows_to_chin(mask, demo_frames):
    grey = demo_frames[20].grey
    (box,) = FaceFinder().find(grey)
    whole = drawn(mask.mark(grey, box), grey.shape)
    left, top, right, bottom = box
    side = right - left
    rows, columns = np.nonzero(whole > 0.5)
    assert abs(columns.mean() - (left + right) / 2) < 0.1 * side
    assert 0.55 < (np.ptp(columns) + 1) / side < 1.2
    assert 0.6 < (np.ptp(rows) + 1) / side < 1.1
    assert whole[(top + bottom) // 2, (left + right) // 2] == 1
    # Above the brows, and beside the ears, nothing is.
    assert not whole[: top + round(0.05 * side)].any()


@pytest.mark.parametrize("angle", [20, -35])
def test_a_tilted_face_is_marked_as_it_would_be_upright(mask, demo_frames, angle):
    grey = demo_frames[20].grey
    (box,) = FaceFinder().find(grey)
    upright = drawn(mask.mark(grey, box), grey.shape)
    middle = ((box[0] + box[2]) / 2 - 0.5, (box[1] + box[3]) / 2 - 0.5)
    # OpenCV turns the other way round.
    turn = cv2.getRotationMatrix2D(middle, -angle, 1.0)
    size = grey.shape[::-1]
    tilted = cv2.warpAffine(grey, turn, size, borderMode=cv2.BORDER_REPLICATE)
    found = drawn(mask.mark(tilted, box, angle), grey.shape)
    expected = cv2.warpAffine(upright, turn, size)
    assert overlap(found > 0.5, expected > 0.5) > 0.93


def test_a_network_that_marks_everything_shows_no_more_than_an_ellipse(mask, demo_frames):
    grey = demo_frames[20].grey
    mask = FaceMask(PATH)
    mask.logits = lambda crop: np.full((48, 48), 20.0, np.float32)
    whole = drawn(mask.mark(grey, (250, 140, 350, 240)), grey.shape)
    half = mask.framing.scale * 100 / 2
    assert abs(whole.sum() / (np.pi * half**2) - 1) < 0.03


def test_a_crop_of_another_size_is_refused(mask):
    with pytest.raises(ValueError, match=r"\(96, 96\)"):
        mask.logits(np.zeros((48, 48), np.uint8))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_both_runtimes_mark_the_same(runtime, demo_frames):
    pytest.importorskip(RUNTIMES[runtime].split(".")[0])
    grey = demo_frames[20].grey
    (box,) = FaceFinder().find(grey)
    one, other = (FaceMask(PATH, runtime=name) for name in ("auto", runtime))
    found = [drawn(m.mark(grey, box), grey.shape) >= 0.5 for m in (one, other)]
    assert overlap(*found) > 0.99


def test_the_shipped_mask_says_what_it_is_and_is_no_larger_than_it_may_be(mask):
    assert PATH.stat().st_size <= 600_000
    assert mask.card.figures.split == "test"
    assert mask.card.figures.int8_iou >= 0.92
    assert mask.labels == ["face"]
