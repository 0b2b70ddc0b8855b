"""training/reading_options.py: what is given on the command line is read so, and said again."""

from __future__ import annotations

import argparse

import pytest

from device.errors import ConfigError
from device.preprocess import Framing
from training.image_folder import Reading
from training.reading_options import add_reading, reading_of, words_of


def given(*words: str, framing: Framing | None = None) -> Reading:
    parser = argparse.ArgumentParser()
    add_reading(parser)
    return reading_of(parser.parse_args(words), framing)


def test_without_options_pictures_are_whole_and_folders_mean_what_they_say() -> None:
    assert given() == Reading()


def test_faces_are_cut_out_with_the_framing_of_the_model_or_the_box_itself() -> None:
    assert given("--find-faces").framing == Framing()
    framing = Framing(1.2, 0.1, -0.1)
    assert given("--find-faces", framing=framing).framing == framing
    assert given(framing=framing).framing is None


def test_folders_can_be_given_a_meaning_or_their_numbers_an_owner() -> None:
    reading = given("--map", "smile=happy, a=b=Sad,0=neutral")
    assert reading.meanings == {"smile": "happy", "a=b": "sad", "0": "neutral"}
    assert given("--map", "raf-db").numbering == "raf-db"


@pytest.mark.parametrize("text", ["smile", "smile=glad", "=happy", "rafdb"])
def test_a_meaning_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="give FOLDER=LABEL, where LABEL is one of angry"):
        given("--map", text)


@pytest.mark.parametrize(
    "words",
    [(), ("--map", "ck+"), ("--find-faces",), ("--map", "a=sad,b=happy", "--find-faces"),
     ("--find-faces", "--no-face", "whole")],
)  # fmt: skip
def test_what_was_given_can_be_given_again(words: tuple[str, ...]) -> None:
    assert tuple(words_of(given(*words))) == words
