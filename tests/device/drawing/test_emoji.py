from itertools import combinations

import cv2
import numpy as np
import pytest

from device.drawing import emoji
from device.palette import colour
from tests.device.drawing.golden import EMOJI

SIDES = (32, 96, 256)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", EMOJI)
def test_each_is_a_round_face_on_nothing(name, side):
    face = emoji(name, side)
    assert face.shape == (side, side, 4)
    assert face.dtype == np.uint8
    alpha = face[..., 3]
    assert not alpha[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert alpha[side // 2, side // 2] == 255
    assert abs(alpha.mean() / 255 - np.pi / 4) < 0.05


@pytest.mark.parametrize("side", SIDES)
def test_no_two_can_be_confused_even_without_their_colours(side):
    """Told apart by the dark and light of the expression alone, at any size."""
    marks = {}
    for name in EMOJI:
        grey = cv2.cvtColor(emoji(name, side)[..., :3].copy(), cv2.COLOR_RGB2GRAY).astype(float)
        inside = emoji(name, side)[..., 3] > 250
        marks[name] = np.where(inside, (grey - np.median(grey[inside])) / 128, 0)
    for one, other in combinations(EMOJI, 2):
        assert np.abs(marks[one] - marks[other]).mean() > 0.03, (one, other)


@pytest.mark.parametrize("name", EMOJI[:-2])
def test_each_has_its_emotions_colour(name):
    face = emoji(name, 96).astype(int)
    middle = np.median(face[30:70, 8:88].reshape(-1, 4)[:, :3], axis=0)
    assert np.abs(middle - colour(name)).max() < 40


@pytest.mark.parametrize("name", EMOJI)
@pytest.mark.parametrize("ground", [(15, 18, 23), (255, 255, 255)])
def test_each_stands_out_from_a_dark_and_a_light_ground(name, ground):
    """Its edge, or what is inside of it, has a contrast of 3 to 1 (WCAG 1.4.11)."""
    face = emoji(name, 96)[..., :3]
    tones = [face[2, 48], face[20, 14], face[48, 8]]
    assert max(contrast(tone, ground) for tone in tones) > 3


def contrast(one: np.ndarray, other: tuple[int, int, int]) -> float:
    light = sorted(
        0.05 + float(np.dot([0.2126, 0.7152, 0.0722], (np.array(tone) / 255) ** 2.2))
        for tone in (one, other)
    )
    return light[1] / light[0]


def test_an_emotion_of_another_model_has_a_face_too():
    assert not np.array_equal(emoji("contempt", 64), emoji("neutral", 64))
    assert emoji("contempt", 64)[32, 32, 3] == 255


@pytest.mark.parametrize("side", [1, 7, 513, 1400])
def test_any_side_can_be_had(side):
    assert emoji("fear", side).shape == (side, side, 4)


def test_a_side_below_one_is_refused():
    with pytest.raises(ValueError, match="0"):
        emoji("happy", 0)


def test_what_is_shared_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        emoji("happy", 32)[:] = 0
