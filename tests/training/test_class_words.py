"""training/class_words.py: what the names of folders mean, and what they do not."""

from __future__ import annotations

import pytest

from training.class_words import LABEL_OF_WORD, NUMBERINGS, label_of, number_of, numbering_of
from training.labels import FERPLUS_CLASSES, LABELS


@pytest.mark.parametrize(
    ("name", "label"),
    [("happy", "happy"), ("HAPPINESS", "happy"), ("Sadness", "sad"), ("anger", "angry"),
     ("3_happy", "happy"), ("happy-03", "happy"), ("006 Anger", "angry"), ("Happy faces", "happy"),
     ("disgusted", "disgust"), ("fearful", "fear"), ("afraid", "fear"), ("surprised", "surprise"),
     ("suprise", "surprise"), ("Colère", "angry"), ("dégoût", "disgust"), ("fröhlich", "happy"),
     ("überrascht", "surprise"), ("Tristeza", "sad"), ("MIEDO", "fear"), ("Contempt", "contempt"),
     ("unhappy", "sad"), ("neutral_expression", "neutral")],
)  # fmt: skip
def test_a_folder_means_a_label(name: str, label: str) -> None:
    assert label_of(name) == label


@pytest.mark.parametrize(
    "name",
    ["bored", "not happy", "happily surprised", "happy sad", "fear and disgust", "none", "",
     "faces", "3", "content", "._", "sadhappy", "train"],
)  # fmt: skip
def test_what_is_not_clear_means_nothing(name: str) -> None:
    assert label_of(name) is None


def test_each_word_means_one_label() -> None:
    assert set(LABEL_OF_WORD.values()) == {*LABELS, "contempt"}
    for label in LABELS:
        assert LABEL_OF_WORD[label] == label


def test_numbers_of_folders() -> None:
    names = ["3", "03", "class003", "label 3", "Emotion_3", "3a", "happy3", "fer2013", ""]
    assert [number_of(name) for name in names] == [3, 3, 3, 3, 3, None, None, None, None]


@pytest.mark.parametrize(
    ("numbers", "where", "numbering"),
    [(range(1, 8), "RAF-DB", "raf-db"), (range(8), "AffectNet", "affectnet"),
     (range(11), "affectnet", "affectnet"), (range(7), "fer-2013", "fer2013"),
     (range(7), "AffectNet", "affectnet"), ([1, 3], "RAF_DB", "raf-db"),
     (range(8), "CK+ faces", "ck+"), (range(1, 8), "cohn-kanade", "ck+"),
     (range(1, 8), "Extended_Cohn_Kanade", "ck+"), (range(8), "FERPlus", "ferplus"),
     (range(10), "fer+", "ferplus"), (range(8), "fer2013plus", "ferplus"),
     # As many numbers as one of them has, and no name: it may be another one.
     (range(1, 8), "data", None), (range(8), "data", None), (range(11), "data", None),
     (range(7), "data", None), ([1, 3], "data", None), (range(7), "giraffe", None),
     # A name that these numbers do not fit, and two names.
     (range(7), "raf", None), (range(20), "affectnet", None), (range(8), "fer2013", None),
     (range(1, 8), "raf-db and ck+", None)],
)  # fmt: skip
def test_numbers_tell_whose_they_are_or_do_not(
    numbers: range, where: str, numbering: str | None
) -> None:
    assert numbering_of(set(numbers), where) == numbering


def test_the_orders_are_those_of_their_authors() -> None:
    assert [NUMBERINGS["ferplus"][n] for n in range(8)] == list(FERPLUS_CLASSES)
    assert [NUMBERINGS["ck+"][n] for n in (0, 1, 2, 7)] == [
        "neutral", "angry", "contempt", "surprise"
    ]  # fmt: skip
    assert [NUMBERINGS["raf-db"][n] for n in (1, 4, 7)] == ["surprise", "happy", "neutral"]
    assert [NUMBERINGS["affectnet"][n] for n in (0, 1, 6, 7)] == [
        "neutral", "happy", "angry", "contempt"
    ]  # fmt: skip
