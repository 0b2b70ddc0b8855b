"""training/reading_options.py: what is given on the command line is read so, and said again."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from device.errors import ConfigError
from device.preprocess import Framing
from training.image_folder import Reading
from training.reading_options import add_reading, fingerprint_of, reading_of, words_of


def given(*words: str, framing: Framing | None = None, data: str | None = ".") -> Reading:
    parser = argparse.ArgumentParser()
    add_reading(parser)
    path = None if data is None else Path(data)
    parser.set_defaults(data=path)
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


def test_a_reading_is_told_from_another_one() -> None:
    assert fingerprint_of(given()) == {}
    of = [fingerprint_of(given(*words))["reading"] for words in
          (("--map", "ck+"), ("--map", "raf-db"), ("--find-faces",), ("--map", "ck+"))]  # fmt: skip
    assert [one["name"] for one in of[:3]] == ["--map ck+", "--map raf-db", "--find-faces"]
    assert len({one["sha256"] for one in of}) == 3
    assert of[0] == of[3]


@pytest.mark.parametrize(
    ("words", "named"),
    [(("--map", "ck+"), "--map"), (("--find-faces",), "--find-faces"),
     (("--find-faces", "--no-face", "whole"), "--find-faces, --no-face")],
)  # fmt: skip
def test_what_is_no_folder_of_pictures_is_read_in_one_way(
    words: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    csv = tmp_path / "fer2013.csv"
    csv.write_text("emotion,pixels,Usage\n")
    for data in (csv, tmp_path):  # a folder that is read by the CSV in it
        with pytest.raises(ConfigError) as refused:
            given(*words, data=str(data))
        assert str(refused.value) == f"{named}: for folders of pictures, and there is {data}"
    with pytest.raises(ConfigError, match="and there is no --data"):
        given(*words, data=None)
    given(*words, data=str(tmp_path / "not there"))  # which is told by who reads it


@pytest.mark.parametrize("what", ["whole", "leave-out"])
def test_what_becomes_of_pictures_without_a_face_is_said_where_faces_are_looked_for(
    what: str,
) -> None:
    with pytest.raises(ConfigError, match=f"--no-face {what}: goes with --find-faces"):
        given("--no-face", what)
