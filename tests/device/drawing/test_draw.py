import cv2
import numpy as np
import pytest

from device.drawing import VIEWS, Look, draw
from device.drawing.text import Letters
from device.palette import colour
from device.summary import Shares
from tests.device.drawing.golden import SIZES
from tests.device.drawing.scenes import LABELS, MANY, reading, room, scene, session

ODD = [(1, 1), (50, 30), (161, 121), (240, 240), (4000, 100), (100, 3000), (1024, 600), (720, 720)]
NOTICE = ["http://a-very-long-name-of-a-raspberry-pi.local:8080/", "Mot de passe : grün-42"]


@pytest.fixture
def texts(monkeypatch):
    """What is written, with the box that it takes, in the order of writing."""
    found = []
    write = Letters.write

    def note(
        self, picture, text, at_xy, size_px, colour, *, bold=False, align="left", width_px=None
    ):
        room_px = 10**6 if width_px is None else width_px
        text_ = self.cut(text, room_px, size_px, bold=bold)
        width = self.width(text_, size_px, bold=bold)
        left = at_xy[0] - {"left": 0, "middle": width // 2, "right": width}[align]
        box = (left, at_xy[1] - size_px // 2, left + width, at_xy[1] + size_px // 2)
        found.append((text_, box, picture.shape))
        return write(
            self, picture, text, at_xy, size_px, colour, bold=bold, align=align, width_px=width_px
        )

    monkeypatch.setattr(Letters, "write", note)
    return found


def words(texts) -> list[str]:
    return [text for text, _, _ in texts]


def looks():
    return [Look(view, language=language) for view in VIEWS for language in ("en", "fr")]


@pytest.mark.parametrize("size", [*SIZES, *ODD])
@pytest.mark.parametrize("view", VIEWS)
def test_every_size_has_every_view(view, size):
    for what in (scene(), scene(readings=MANY, notice=NOTICE), scene(picture=None, session=None)):
        drawn = draw(what, size, Look(view, language="fr"))
        assert drawn.shape == (size[1], size[0], 3)
        assert drawn.dtype == np.uint8
        assert drawn.flags.c_contiguous


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (-3, 5)])
def test_a_size_without_area_is_refused(size):
    with pytest.raises(ValueError, match="width and a height"):
        draw(scene(), size, Look())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", looks(), ids=lambda look: f"{look.view}-{look.language}")
def test_no_word_is_cut_hangs_out_or_lies_on_another(size, look, texts):
    # tristesse, incertain; the longest words of all
    longest = "sad" if look.language == "fr" else "uncertain"
    hour = session(watched_s=36 * 3600.0, somebody_s=35 * 3600.0, faces=1234)
    draw(scene(readings=[reading(emotion=longest)], session=hour), size, look)
    assert len(texts) > 5
    for text, (left, top, right, bottom), (height, width, _) in texts:
        assert "…" not in text, text
        assert left >= 0, text
        assert right <= width, text
        assert top >= 0, text
        assert bottom <= height, text
    on_screen = [(t, b) for t, b, shape in texts if t and shape == texts[-1][2]]
    for index, (one, a) in enumerate(on_screen):
        for other, b in on_screen[index + 1 :]:
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (one, other, a, b)


@pytest.mark.parametrize("size", SIZES)
def test_a_page_address_and_password_are_whole_on_every_screen(size, texts):
    draw(scene(notice=NOTICE, dismissible=True), size, Look())
    *said, dismiss = words(texts)
    assert "".join(said).endswith("".join(NOTICE))
    assert dismiss == "Space or a touch closes this"
    for _, (left, _, right, _), (_, width, _) in texts:
        assert left >= 0
        assert right <= width


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_it_is_the_same_drawing(view, turn):
    size = (480, 320) if turn == 180 else (320, 480)
    straight = draw(scene(), size, Look(view))
    turned = draw(scene(), (480, 320), Look(view, rotate_deg=turn))
    assert np.array_equal(turned, np.rot90(straight, -turn // 90))


def live(drawn: np.ndarray, tone: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """The box, right and bottom excluded, of what has that colour."""
    there = (np.abs(drawn.astype(int) - tone) < 30).all(axis=2)
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(480, 640), (360, 640), (640, 480), (1080, 1920), (90, 640)])
def test_the_picture_is_whole_and_not_distorted(size, shape):
    picture = np.full((*shape, 3), (200, 0, 200), np.uint8)
    left, top, right, bottom = live(
        draw(scene(picture=picture, readings=[]), size, Look()), (200, 0, 200)
    )
    aspect = (right - left) / (bottom - top)
    assert aspect == pytest.approx(shape[1] / shape[0], rel=0.05)
    assert (right - left) * (bottom - top) > (0.2 if shape[0] > 90 else 0.06) * size[0] * size[1]


def test_colours_are_not_swapped():
    picture = np.full((480, 640, 3), (255, 0, 0), np.uint8)  # blue, as OpenCV has it
    drawn = draw(scene(picture=picture, readings=[]), (320, 240), Look())
    left, top, right, bottom = live(drawn, (0, 0, 255))
    assert right - left > 150
    assert bottom - top > 100


def test_in_a_mirror_the_picture_and_its_boxes_turn_round_and_nothing_else():
    plain, mirrored = (draw(scene(), (800, 480), Look(mirror=mirror)) for mirror in (False, True))
    magenta = np.full((480, 640, 3), (200, 0, 200), np.uint8)
    empty = draw(scene(picture=magenta, readings=[]), (800, 480), Look())
    left, top, right, bottom = live(empty, (200, 0, 200))
    outside = np.ones(plain.shape[:2], bool)
    outside[top:bottom, left:right] = False
    assert np.array_equal(plain[outside], mirrored[outside])
    inside = [drawn[top:bottom, left:right] for drawn in (plain, mirrored)]
    # Below the label and above the table the one is the other's mirror image.
    rows = slice(int(0.3 * (bottom - top)), int(0.75 * (bottom - top)))
    apart = np.abs(inside[0][rows].astype(int) - inside[1][rows][:, ::-1])
    assert apart.mean() < 2
    assert np.abs(inside[0][rows].astype(int) - inside[1][rows]).mean() > 5


def test_a_grey_picture_is_shown_too():
    grey = np.full((480, 640), 130, np.uint8)
    left, _, right, _ = live(draw(scene(picture=grey, readings=[]), (320, 240), Look()), (130,) * 3)
    assert right - left > 150


def test_the_bars_alone_show_nothing_of_the_picture():
    shown = [
        draw(scene(picture=picture, readings=MANY), (480, 320), Look("bars"))
        for picture in (room(), np.full((480, 640, 3), 255, np.uint8))
    ]
    assert np.array_equal(*shown)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_with_somebody_there_number_word_and_probability_are_written(language, texts):
    draw(scene(readings=MANY), (800, 480), Look(language=language))
    there = words(texts)
    if language == "en":
        assert {"1  Happy  90%", "12  Sad  50%", "3  Uncertain  12%", "4  a picture"} <= {*there}
        assert {"last 5 min", "9.9 frames/s", "Happy", "  90%", "Angry", "Neutral"} <= {*there}
    else:
        assert {"1  Joie  90\u202f%", "12  Tristesse  50\u202f%", "4  une image"} <= {*there}
        assert {"5 dernières min", "9,9 images/s", "Joie", "Colère", "Dégoût"} <= {*there}


@pytest.mark.parametrize(
    ("language", "nobody", "lost"),
    [("en", "Nobody there", "No picture"), ("fr", "Personne", "Pas d\u2019image")],
)
@pytest.mark.parametrize("view", ["picture", "bars"])
def test_nobody_there_and_no_picture_are_said(view, language, nobody, lost, texts):
    draw(scene(readings=[]), (320, 240), Look(view, language=language))
    assert nobody in words(texts)
    assert lost not in words(texts)
    texts.clear()
    draw(scene(picture=None, readings=[]), (320, 240), Look(view, language=language))
    assert lost in words(texts)
    assert nobody not in words(texts)


def test_a_picture_of_a_face_is_nobody(texts):
    draw(scene(readings=[reading(still=True)]), (320, 240), Look())
    assert "Nobody there" in words(texts)


def bar_px(drawn: np.ndarray, name: str, top: int) -> int:
    """The longest run of the emotion's colour on a line, where the bars are."""
    there = (drawn[top:400, drawn.shape[1] // 2 :] == colour(name)).all(axis=2)
    return int(there.sum(axis=1).max())


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize(("view", "top"), [("picture", 180), ("bars", 0)])
def test_each_emotion_has_a_bar_as_long_as_it_is_probable(view, top, name):
    lengths = []
    for probability in (0.25, 0.5, 1.0):
        shown = scene(readings=[reading(emotion=name, probability=probability)], strip=[])
        lengths.append(bar_px(draw(shown, (800, 480), Look(view)), name, top))
    assert lengths[2] > 60
    assert lengths[1] == pytest.approx(lengths[2] / 2, abs=3)
    assert lengths[0] == pytest.approx(lengths[2] / 4, abs=3)


def test_the_bars_and_the_emoji_are_the_largest_faces(texts):
    for boxes, name in (((200, 90), "Happy"), ((90, 200), "Sad")):
        texts.clear()
        two = [
            reading(1, (10, 10, 10 + boxes[0], 10 + boxes[0])),
            reading(2, (300, 200, 300 + boxes[1], 200 + boxes[1]), "sad"),
        ]
        draw(scene(readings=two), (800, 480), Look())
        assert name in words(texts)


def test_where_there_are_several_each_face_has_its_own_small_bars():
    def drawn(second: float) -> np.ndarray:
        others = [reading(), reading(2, (70, 200, 200, 330), "sad", 0.5)]
        others[1].probabilities["fear"] = second
        return draw(scene(readings=others), (800, 480), Look())

    assert not np.array_equal(drawn(0.05), drawn(0.4))


def test_the_emoji_of_the_emotion_is_there():
    """Two emotions without a word to tell them apart still look different."""
    drawn = [
        draw(scene(readings=[reading(emotion=name)]), (480, 320), Look("bars"))[:200, :180]
        for name in ("sad", "happy", "angry")
    ]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(drawn[one].astype(int) - drawn[other]).mean() > 20


def test_the_strip_shows_each_moment_in_its_colour_the_newest_right():
    strip = [None] * 50 + ["sad"] * 50 + ["happy"] * 50
    drawn = draw(scene(strip=strip, readings=[]), (800, 480), Look())
    rows = [row for row in drawn if (row == colour("sad")).all(axis=1).sum() > 200]
    assert rows
    row = rows[len(rows) // 2]
    blue = np.flatnonzero((row == colour("sad")).all(axis=1))
    yellow = np.flatnonzero((row == colour("happy")).all(axis=1))
    assert 240 < blue[0] < 300 < blue[-1] < yellow[0] < yellow[-1]
    assert yellow[-1] > 770


def test_a_strip_that_has_just_begun_grows_from_the_right():
    drawn = draw(scene(strip=["sad"] * 15, readings=[]), (800, 480), Look())
    columns = np.flatnonzero((drawn == colour("sad")).all(axis=2).sum(axis=0) > 5)
    assert columns[0] > 670
    assert columns[-1] > 770


def test_a_longer_strip_says_so(texts):
    draw(scene(strip=["sad"] * 300), (800, 480), Look())
    assert "last 10 min" in words(texts)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "A statistic of expressions, not a diagnosis."),
        ("fr", "Une statistique d\u2019expressions, pas un diagnostic."),
    ],
)
def test_the_statistics_say_what_they_are_not(size, language, sentence, texts):
    for what in (session(), None):
        texts.clear()
        draw(scene(session=what), size, Look("statistics", language=language))
        assert sentence in words(texts)


def test_the_statistics_are_the_sessions(texts):
    draw(scene(session=session(name="Friday")), (800, 480), Look("statistics"))
    there = words(texts)
    assert {"Friday", "since 09:05", "8 min", "of 1 h 10", "3", "14%", "124"} <= {*there}
    shares = Shares(dict.fromkeys([*LABELS, "uncertain"], 0.0) | {"happy": 30.0, "sad": 10.0}, 0)
    texts.clear()
    draw(scene(session=session(everybody=shares)), (800, 480), Look("statistics"))
    assert {"75%", "25%", "0"} <= {*words(texts)}
    assert "Uncertain" not in words(texts)


def test_before_anything_was_read_the_statistics_say_so(texts):
    nothing = Shares(dict.fromkeys([*LABELS, "uncertain"], 0.0), 0)
    draw(scene(session=session(everybody=nothing)), (320, 240), Look("statistics"))
    assert "Nothing read yet" in words(texts)


def test_a_long_name_of_a_session_is_cut(texts):
    draw(scene(session=session(name="x" * 300)), (320, 240), Look("statistics"))
    _, box, (_, width, _) = texts[1]
    assert box[2] <= width
    assert words(texts)[1].endswith("…")


@pytest.mark.parametrize(
    ("language", "dismiss"),
    [("en", "Space or a touch closes this"), ("fr", "Espace ou toucher pour fermer")],
)
def test_a_notice_says_how_it_is_sent_away_where_it_can_be(language, dismiss, texts):
    for dismissible in (True, False):
        texts.clear()
        draw(scene(notice=NOTICE, dismissible=dismissible), (320, 240), Look(language=language))
        assert (dismiss in words(texts)) is dismissible


def test_a_notice_lies_over_everything():
    plain, noticed = (draw(scene(notice=n), (320, 240), Look()) for n in ([], ["http://pi/"]))
    assert noticed.mean() < 0.8 * plain.mean()
    # Its middle is the box with the letters.
    assert cv2.absdiff(plain, noticed)[110:130, 120:200].mean() > 20


def test_letters_are_never_smaller_than_can_be_read(texts):
    for size in SIZES:
        for look in looks():
            draw(scene(), size, look)
    assert min(bottom - top for _, (_, top, _, bottom), _ in texts) >= 8
