import cv2
import numpy as np
import pytest

from device.drawing import annotate
from device.drawing.faces import label
from device.palette import colour
from tests.device.drawing.scenes import BOX, MANY, reading, room

YELLOW = np.array(colour("happy"))[::-1]


def box_in(picture: np.ndarray, tone: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the long lines of that colour."""
    there = (np.abs(picture.astype(int) - tone) < 8).all(axis=2)
    columns = np.flatnonzero(there.sum(axis=0) > 80)
    rows = np.flatnonzero(there.sum(axis=1) > 80)
    return columns[0], rows[0], columns[-1], rows[-1]


def test_a_face_has_a_box_in_its_emotions_colour_where_it_is():
    left, _, right, bottom = box_in(annotate(room(), [reading()], "en"), YELLOW)
    assert np.abs(np.subtract((left, right, bottom), (BOX[0], BOX[2], BOX[3]))).max() <= 4


def test_in_a_mirror_the_box_is_on_the_other_side():
    left, _, right, bottom = box_in(annotate(room(), [reading()], "en", mirror=True), YELLOW)
    expected = (640 - BOX[2], 640 - BOX[0], BOX[3])
    assert np.abs(np.subtract((left, right, bottom), expected)).max() <= 4


def lean_deg(picture: np.ndarray, middle: int) -> float:
    """How far, clockwise, the lowest line of the box is turned from lying flat."""
    there = (np.abs(picture.astype(int) - YELLOW) < 8).all(axis=2)
    lowest = there.shape[0] - 1 - np.argmax(there[::-1], axis=0)
    inner = np.arange(middle - 25, middle + 25)
    slope = np.polyfit(inner, lowest[inner], 1)[0]
    return float(np.degrees(np.arctan(slope)))


@pytest.mark.parametrize(("mirror", "shown_deg"), [(False, 20.0), (True, -20.0)])
def test_the_box_is_tilted_as_the_face_is(mirror, shown_deg):
    middle = 240 if mirror else 400
    tilted = annotate(room(), [reading(angle_deg=20.0)], "en", mirror=mirror)
    upright = annotate(room(), [reading()], "en", mirror=mirror)
    assert lean_deg(tilted, middle) == pytest.approx(shown_deg, abs=2)
    assert lean_deg(upright, middle) == pytest.approx(0, abs=1)


@pytest.mark.parametrize("angle_deg", [-35.0, 20.0])
def test_the_label_of_a_tilted_box_does_not_hide_its_corner(angle_deg):
    sad, alone = np.array(colour("sad"))[::-1], np.zeros((480, 640, 3), np.uint8)
    drawn = annotate(alone, [reading(emotion="sad", angle_deg=angle_deg)], "en")
    rows = np.flatnonzero((np.abs(drawn.astype(int) - sad) < 8).all(axis=2).any(axis=1))
    gaps = rows[1:][np.diff(rows) > 1]
    reach = 70 * (np.cos(np.radians(angle_deg)) + abs(np.sin(np.radians(angle_deg))))
    assert len(gaps) == 1  # the label, then the whole box
    assert gaps[0] == pytest.approx(180 - reach, abs=8)  # its corners are round


def test_in_a_mirror_the_words_stay_readable():
    plain = annotate(room(), [reading(box=(250, 110, 390, 250))], "en")
    mirrored = annotate(room(), [reading(box=(250, 110, 390, 250))], "en", mirror=True)
    words = plain[80:106, 252:360]
    assert np.abs(words.astype(int) - mirrored[80:106, 252:360]).mean() < 8
    assert np.abs(words.astype(int) - mirrored[80:106, 252:360][:, ::-1]).mean() > 20


def test_the_picture_itself_is_not_changed():
    before = room()
    annotate(before, MANY, "en")
    annotate(before, MANY, "en", mirror=True)
    assert np.array_equal(before, room())


def test_without_a_face_the_picture_stays_as_it_is():
    assert np.array_equal(annotate(room(), [], "en"), room())
    assert np.array_equal(annotate(room(), [], "en", mirror=True), room()[:, ::-1])


@pytest.mark.parametrize(
    ("read", "language", "text"),
    [
        (reading(3, probability=0.973), "en", "3  Happy  97%"),
        (reading(12, emotion="sad", probability=0.5), "fr", "12  Tristesse  50\u202f%"),
        (reading(1, emotion="uncertain", probability=0.4), "fr", "1  Incertain  10\u202f%"),
        (reading(4, still=True), "en", "4  a picture"),
        (reading(4, still=True), "fr", "4  une image"),
    ],
)
def test_a_face_says_its_number_its_emotion_and_how_probable(read, language, text):
    assert label(read, language) == text


def test_each_part_of_a_reading_changes_the_picture():
    drawn = annotate(room(), [reading()], "en")
    others = [reading(2), reading(emotion="fear"), reading(probability=0.5), reading(still=True)]
    for other in others:
        assert not np.array_equal(annotate(room(), [other], "en"), drawn)
    assert not np.array_equal(annotate(room(), [reading()], "fr"), drawn)


@pytest.mark.parametrize(
    "box",
    [(-40, -30, 60, 70), (600, 440, 700, 540), (0, 0, 640, 480), (5, 5, 7, 7), (700, 9, 800, 99)],
)
@pytest.mark.parametrize("size", [(640, 480), (160, 120), (33, 20), (1, 1), (1920, 1080)])
def test_faces_at_and_beyond_the_edge_break_nothing(box, size):
    drawn = annotate(room(*size), [reading(box=box)], "fr")
    assert drawn.shape == (size[1], size[0], 3)


def test_labels_of_neighbours_do_not_hide_each_other():
    near = [reading(1, (200, 200, 320, 320)), reading(2, (290, 190, 400, 300), "sad", 0.6)]
    both = annotate(np.zeros((480, 640, 3), np.uint8), near, "en")
    for one, tone in ((near[0], colour("happy")), (near[1], colour("sad"))):
        alone = annotate(np.zeros((480, 640, 3), np.uint8), [one], "en")
        count = [
            int((np.abs(p - np.array(tone)[::-1]) < 8).all(axis=2).sum()) for p in (alone, both)
        ]
        assert count[1] > 0.75 * count[0]


def test_a_grey_scale_of_colours_is_not_needed_to_read_a_label():
    """Letters and ground differ by 4.5 to 1 or nearly, whatever the emotion."""
    for name in ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "uncertain"):
        drawn = annotate(np.zeros((480, 640, 3), np.uint8), [reading(emotion=name)], "en")
        grey = cv2.cvtColor(drawn[82:104, 334:430], cv2.COLOR_BGR2GRAY).astype(float)
        light = [(level / 255) ** 2.2 + 0.05 for level in (grey.min(), grey.max())]
        assert light[1] / light[0] > 3.5, name
