"""What is left of a picture behind the veil; and that nothing is where something is wrong."""

import logging
import threading

import cv2
import numpy as np
import pytest

from device.config import PictureSettings
from device.costs import Costs
from device.faces import FaceFinder
from device.mask import Marked
from device.model_store import SHIPPED
from device.records import Face, Frame
from device.veil import Veil
from device.veil.veil import Veiled

BOX = (250, 140, 350, 240)
FACE = Face(1, BOX)


class Square:
    """Marks the middle of a face, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def mark(self, grey, box_xyxy, angle_deg=0.0):
        self.asked += 1
        left, top, right, _ = box_xyxy
        side = (right - left) // 2
        return Marked(left + side // 2, top + side // 2, np.ones((side, side), np.float32))


class Broken:
    def mark(self, grey, box_xyxy, angle_deg=0.0):
        raise RuntimeError("the runtime is at its end")


def nobody(grey, time_s):
    return []


def veil(background="show", faces="show", *, marker=None, search=nobody, hold_s=2.0, costs=None):
    settings = PictureSettings(background, faces)
    return Veil(settings, marker, search, costs or Costs(), hold_s=hold_s)


def noise(time_s=0.0, size_px=(640, 480), seed=0, *, colour=True):
    """A frame in which no two pixels are alike, so that what shows through is seen to."""
    width, height = size_px
    generator = np.random.default_rng(seed)
    bgr = generator.integers(30, 226, (height, width, 3), np.uint8)
    return Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), time_s, bgr if colour else None)


def detail(picture):
    """How much neighbours differ, in grey levels."""
    levels = picture.astype(np.float32)
    return np.abs(np.diff(levels, axis=1)).mean()


def inside(box, share=1.0):
    """The rows and columns of a box about its middle."""
    left, top, right, bottom = box
    x, y, half = (left + right) / 2, (top + bottom) / 2, share * (right - left) / 2
    return slice(round(y - half), round(y + half)), slice(round(x - half), round(x + half))


def test_with_nobody_there_a_black_background_is_all_there_is():
    shown = veil("black", marker=Square()).over(noise(), [], [])
    assert not shown.bgr.any()
    assert not shown.grey.any()


def test_of_a_black_background_only_the_faces_pixels_are_left_and_they_are_as_they_were():
    frame = noise()
    shown = veil("black", marker=Square()).over(frame, [FACE], [BOX]).bgr
    where = inside(BOX, 0.5)
    assert (shown[where] == frame.bgr[where]).all()
    shown[where] = 0
    assert not shown.any()


def test_a_frame_without_colour_stays_without():
    frame = noise(colour=False)
    shown = veil("black", marker=Square()).over(frame, [FACE], [BOX])
    assert shown.bgr is None
    assert (shown.grey[inside(BOX, 0.5)] == frame.grey[inside(BOX, 0.5)]).all()
    assert (shown.grey != frame.grey)[:100].all()


def test_in_a_blurred_background_nothing_is_left_but_shades():
    frame = noise()
    shown = veil("blur", marker=Square()).over(frame, [FACE], [BOX]).bgr
    where = inside(BOX, 0.5)
    assert (shown[where] == frame.bgr[where]).all()
    shown[where] = shown[0, 0]
    assert detail(shown) < 0.02 * detail(frame.bgr)


def test_who_was_found_once_or_is_lost_is_hidden_in_a_black_background():
    # They are no faces that are seen, but may be: nothing is shown of them.
    assert not veil("black", marker=Square()).over(noise(), [], [BOX]).bgr.any()


def test_a_picture_of_a_face_is_background():
    still = Face(1, BOX, still=True)
    assert not veil("black", marker=Square()).over(noise(), [still], [BOX]).bgr.any()


def test_a_face_that_is_blurred_has_no_detail_and_the_rest_is_untouched():
    frame = noise()
    shown = veil(faces="blur").over(frame, [FACE], [BOX]).bgr
    assert detail(shown[inside(BOX, 1.3)]) < 0.02 * detail(frame.bgr)
    away = np.ones((480, 640), bool)
    away[inside(BOX, 2.6)] = False
    assert (shown[away] == frame.bgr[away]).all()


@pytest.mark.parametrize("box", [(-40, -40, 60, 60), (600, 440, 700, 540), (0, 0, 640, 640)])
def test_a_head_that_reaches_beyond_the_picture_is_blurred_in_it(box):
    frame = noise()
    shown = veil(faces="blur").over(frame, [], [box]).bgr
    left, top, right, bottom = box
    part = np.s_[max(0, top) : bottom, max(0, left) : right]
    assert detail(shown[part]) < 0.05 * detail(frame.bgr)


def test_a_head_beyond_the_picture_changes_nothing():
    frame = noise()
    shown = veil(faces="blur").over(frame, [], [(2000, 2000, 2100, 2100)])
    assert (shown.bgr == frame.bgr).all()


def test_what_may_be_a_face_is_blurred_too():
    frame = noise()
    shown = veil(faces="blur").over(frame, [], [BOX]).bgr
    assert detail(shown[inside(BOX)]) < 0.02 * detail(frame.bgr)


def test_who_is_found_no_more_stays_hidden_for_a_while_and_more_around():
    hidden = veil(faces="blur")
    hidden.over(noise(0.0), [FACE], [BOX])
    soon, later = noise(1.5, seed=1), noise(2.1, seed=2)
    shown = hidden.over(soon, [], []).bgr
    assert detail(shown[inside(BOX, 2.2)]) < 0.02 * detail(soon.bgr)
    assert (hidden.over(later, [], []).bgr == later.bgr).all()


def test_who_has_moved_on_is_hidden_where_they_are_and_no_more_around():
    hidden, moved = veil(faces="blur"), tuple(value + 10 for value in BOX)
    hidden.over(noise(0.0), [FACE], [BOX])
    frame = noise(1.0)
    shown = hidden.over(frame, [Face(1, moved)], [moved]).bgr
    away = np.ones((480, 640), bool)
    away[inside(moved, 2.6)] = False
    assert (shown[away] == frame.bgr[away]).all()


def test_a_picture_of_its_own_says_nothing_of_the_next():
    hidden = veil(faces="blur", hold_s=0.0)
    hidden.over(noise(0.0), [FACE], [BOX])
    frame = noise(1.0)
    assert (hidden.over(frame, [], []).bgr == frame.bgr).all()


def test_a_clock_that_is_set_back_uncovers_nobody():
    hidden = veil(faces="blur")
    hidden.over(noise(100.0), [FACE], [BOX])
    frame = noise(99.0)
    assert detail(hidden.over(frame, [], []).bgr[inside(BOX)]) < 0.02 * detail(frame.bgr)


def test_in_a_picture_of_another_size_old_places_hold_no_more():
    hidden = veil(faces="blur")
    hidden.over(noise(0.0), [FACE], [BOX])
    frame = noise(0.1, (320, 240))
    assert (hidden.over(frame, [], []).bgr == frame.bgr).all()


def hides(shown, frame):
    """Whether the face in BOX cannot be seen."""
    return detail(shown.bgr[inside(BOX)]) < 0.02 * detail(frame.bgr)


@pytest.mark.parametrize(
    ("hold_s", "later_s", "size_px"),
    [(0.0, 1.0, (640, 480)), (2.0, 2.5, (640, 480)), (2.0, 0.1, (320, 240))],
)
def test_who_was_read_in_a_frame_is_hidden_in_it_however_late_somebody_looks(
    hold_s, later_s, size_px
):
    hidden, frame = veil(faces="blur", hold_s=hold_s), noise()
    shown = hidden.over(frame, [FACE], [])
    hidden.over(noise(later_s, size_px), [], [])
    assert hides(shown, frame)


def test_who_was_lost_before_a_frame_is_hidden_in_it_however_late_somebody_looks():
    hidden, frame = veil(faces="blur"), noise(1.5)
    hidden.over(noise(0.0), [FACE], [])
    shown = hidden.over(frame, [], [])
    hidden.over(noise(4.0), [], [])
    assert hides(shown, frame)


@pytest.mark.parametrize("hold_s", [0.0, 2.0])
def test_a_look_at_an_old_frame_uncovers_nobody_in_a_newer(hold_s):
    hidden, frame, next_one = veil(faces="blur", hold_s=hold_s), noise(3.0), noise(4.0)
    old = hidden.over(noise(0.0), [], [])
    shown = hidden.over(frame, [FACE], [])
    assert old.bgr.any()
    assert hides(hidden.over(next_one, [], []), next_one) == (hold_s > 1)
    assert hides(shown, frame)


@pytest.mark.parametrize(("later_s", "size_px"), [(2.5, (640, 480)), (1.5, (320, 240))])
def test_who_was_found_by_the_search_is_hidden_in_frames_that_are_looked_at_late(
    later_s, size_px
):  # fmt: skip
    hidden = veil(faces="blur", search=lambda grey, time_s: [BOX] if time_s == 0 else [])
    assert hidden.over(noise(0.0), [], []).bgr.any()
    frame = noise(1.9)
    shown = hidden.over(frame, [], [])
    hidden.over(noise(later_s, size_px), [], [])
    assert hides(shown, frame)


def test_a_search_finds_who_was_not_read():
    frame = noise()
    shown = veil(faces="blur", search=lambda grey, time_s: [BOX]).over(frame, [], []).bgr
    assert detail(shown[inside(BOX)]) < 0.02 * detail(frame.bgr)


def test_in_a_blurred_background_who_is_not_shown_is_blurred_as_a_face():
    # A face that fills the picture would be known in what is enough for a room.
    box = (140, 60, 500, 420)
    frame = noise()
    frame.bgr[60:240] //= 8
    room = veil("blur", marker=Square()).over(frame, [], []).bgr
    head = veil("blur", marker=Square()).over(frame, [], [box]).bgr
    assert detail(head[inside(box)].swapaxes(0, 1)) < 0.7 * detail(room[inside(box)].swapaxes(0, 1))


def test_background_and_faces_may_both_be_hidden():
    frame = noise()
    shown = veil("black", "blur", marker=Square()).over(frame, [FACE], [BOX]).bgr
    where = inside(BOX, 0.5)
    assert 0 < detail(shown[where]) < 0.02 * detail(frame.bgr)
    shown[where] = 0
    assert not shown.any()


def test_nothing_is_done_until_somebody_looks_and_then_once():
    marker, costs = Square(), Costs()
    shown = veil("black", marker=marker, costs=costs).over(noise(), [FACE], [BOX])
    assert (shown.size_px, shown.time_s, marker.asked) == ((640, 480), 0.0, 0)
    assert "veil" not in costs.times_s()
    assert (shown.bgr is not None, shown.grey.shape) == (True, (480, 640))
    assert marker.asked == 1
    assert len(costs.times_s()["veil"]) == 1


@pytest.mark.parametrize(("background", "kept"), [("black", 0), ("blur", 1)])
def test_where_faces_were_is_kept_only_where_they_become_blots(background, kept):
    hidden = veil(background, marker=Square())
    hidden.over(noise(), [FACE], [BOX])
    assert len(hidden._read) == kept


def test_two_who_look_at_once_see_the_same():
    marker = Square()
    shown = veil("black", marker=marker).over(noise(), [FACE], [BOX])
    seen = []
    lookers = [threading.Thread(target=lambda: seen.append(shown.bgr)) for _ in range(8)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    assert len({id(picture) for picture in seen}) == 1
    assert marker.asked == 1


def test_the_picture_itself_is_not_in_what_is_handed_on():
    frame = noise()
    shown = veil("black").over(frame, [], [])
    assert isinstance(shown, Veiled)
    assert not [v for v in vars(shown).values() if isinstance(v, np.ndarray)]
    assert not shown.bgr.any()
    assert shown._make is None  # and not kept once it is made


@pytest.mark.parametrize("background", ["black", "blur"])
def test_without_a_network_a_face_is_shown_in_an_oval(background):
    frame = noise()
    shown = veil(background, marker=None).over(frame, [FACE], [BOX]).bgr
    same = (shown == frame.bgr).all(axis=2)
    assert same[185:225, 280:320].all()
    assert not same[:140].any() if background == "black" else same[:140].mean() < 0.01
    assert not same[140:150, 250:262].any()  # a corner of the box


def test_a_network_that_fails_is_told_once_and_ovals_take_its_place(caplog):
    hidden = veil("black", marker=Broken())
    first, second = (hidden.over(noise(t), [FACE], [BOX]).bgr for t in (0.0, 0.1))
    assert (first == second).all()
    assert first[200, 300].any()
    assert not first[:130].any()
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "ovals" in caplog.text
    assert "at its end" in caplog.text


def test_a_search_that_fails_after_the_network_is_told_too(caplog):
    def search(grey, time_s):
        if time_s:
            raise cv2.error("out of memory")
        return []

    hidden = veil("black", "blur", marker=Broken(), search=search)
    for time_s in (0.0, 0.1, 0.2):
        shown = hidden.over(noise(time_s), [FACE], []).bgr
        assert shown.any() == (time_s == 0)
    assert ["ovals" in record.getMessage() for record in caplog.records] == [True, False]
    assert "out of memory" in caplog.text


@pytest.mark.parametrize("colour", [True, False])
def test_where_hiding_fails_there_is_no_picture_at_all(caplog, colour):
    def search(grey, time_s):
        raise cv2.error("out of memory")

    hidden = veil(faces="blur", search=search)
    for time_s in (0.0, 0.1):
        shown = hidden.over(noise(time_s, colour=colour), [], [])
        assert not (shown.bgr if colour else shown.grey).any()
    assert len(caplog.records) == 1
    assert "black" in caplog.text


def test_a_real_face_cannot_be_found_again(demo_frames):
    frame, finder = demo_frames[20], FaceFinder()
    boxes = finder.find(frame.grey)
    assert boxes
    shown = veil(faces="blur").over(frame, [], boxes)
    assert not finder.find(shown.grey)


def test_the_shipped_mask_shows_a_real_face_and_nothing_else(demo_frames):
    from device.mask import FaceMask

    frame, finder = demo_frames[20], FaceFinder()
    (box,) = finder.find(frame.grey)
    marker = FaceMask(SHIPPED / "mask.tflite")
    shown = veil("black", marker=marker).over(frame, [Face(1, box)], [box]).bgr
    assert (shown == frame.bgr)[inside(box, 0.3)].all()
    shown[inside(box, 1.9)] = 0
    assert not shown.any()
