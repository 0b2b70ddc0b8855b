"""Each drawing is as it was when somebody last looked at it."""

from dataclasses import replace

import pytest

from device.drawing import Look, annotate, draw, emoji
from tests.device.drawing import golden
from tests.device.drawing.scenes import BOX, MANY, reading, room, scene, session


@pytest.mark.parametrize("name", golden.names())
def test_it_looks_as_it_did(name):
    apart = golden.difference(golden.picture(name), golden.golden(name))
    assert golden.alike(golden.picture(name), golden.golden(name)), f"{apart} pixels differ"


def test_no_golden_picture_is_left_over():
    assert {path.stem for path in golden.FOLDER.glob("*.png")} == set(golden.names())


LEFT, TOP, RIGHT, BOTTOM = BOX
CHANGES = {
    "a box moved by a hundredth of the picture": {
        "readings": [reading(box=(LEFT + 6, TOP, RIGHT + 6, BOTTOM))]
    },
    "another number": {"readings": [reading(face_id=7)]},
    "another emotion": {"readings": [reading(emotion="sad")]},
    "another probability": {"readings": [reading(probability=0.8)]},
    "another strip": {"strip": ["fear"] * 150},
    "another rate": {"rate_hz": 4.2},
    "no picture": {"picture": None},
}


@pytest.mark.parametrize("size", golden.SIZES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_tolerance_lets_no_real_difference_pass(change, size):
    drawn = golden.halved(draw(scene(**CHANGES[change]), size, Look()))
    assert not golden.alike(drawn, golden.golden(f"picture-{size[0]}x{size[1]}"))


def test_nor_another_statistic():
    drawn = draw(scene(session=session(faces=4)), (320, 240), Look("statistics"))
    assert not golden.alike(drawn, golden.golden("statistics-320x240"))


def test_nor_another_emoji():
    assert not golden.alike(emoji("sad", 96), golden.golden("emoji-fear"))


def test_nor_a_label_left_out():
    drawn = annotate(room(), MANY[:-1], "fr", mirror=True)[..., ::-1]
    assert not golden.alike(drawn, golden.golden("annotated"))


def test_nor_another_turn():
    turned = replace(Look(), rotate_deg=270)
    assert not golden.alike(draw(scene(), (320, 240), turned), golden.golden("turned-90"))
