"""training/fer2013.py: cells of FER2013 and FER+, good and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.errors import DataError
from training.fer2013 import read_csvs, read_votes
from training.labels import FERPLUS_LABELS


def csv(path: Path, header: str, *lines: str) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_columns_may_come_in_any_order_with_blanks_in_their_names(
    tmp_path: Path, pixels: str
) -> None:
    path = csv(tmp_path / "icml.csv", "emotion, Usage, pixels", f"3,PrivateTest, {pixels}")
    read = read_csvs([path])
    assert read.labels.tolist() == [3]
    assert read.usages == ["PrivateTest"]
    assert read.images.shape == (1, 48, 48)
    assert read.images.dtype == np.uint8
    assert read.images.ravel().tolist() == [int(p) for p in pixels.split()]


def test_whole_numbers_written_as_floats_are_read(tmp_path: Path, pixels: str) -> None:
    floats = " ".join(f"{p}.0" for p in pixels.split())
    path = csv(tmp_path / "x.csv", "emotion,pixels", f"3.0,{floats}", f"3,{pixels}")
    read = read_csvs([path])
    assert read.labels.tolist() == [3, 3]
    assert np.array_equal(read.images[0], read.images[1])


def spoiled(pixels: str, word: str) -> str:
    words = pixels.split()
    words[7] = word
    return " ".join(words)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("abc", "a pixel is 'abc', not a number"),
        ("nan", "a pixel is 'nan', not a whole number"),
        ("inf", "a pixel is 'inf', not a whole number"),
        ("12.5", "a pixel is '12.5', not a whole number"),
        ("-1", "a pixel is -1, outside 0-255"),
        ("256", "a pixel is 256, outside 0-255"),
        ("99999999999999999999", "outside 0-255"),
        ("", "2303 pixels instead of 2304"),
        ("1 2", "2305 pixels instead of 2304"),
        ("1,2", "line 3: "),
    ],
)
def test_a_broken_pixel_is_named_with_its_line(
    tmp_path: Path, pixels: str, word: str, says: str
) -> None:
    good, bad = f"0,{pixels},Training", f'0,"{spoiled(pixels, word)}",Training'
    path = csv(tmp_path / "x.csv", "emotion,pixels,Usage", good, bad)
    with pytest.raises(DataError, match=says) as raised:
        read_csvs([path])
    assert f"{path}, line 3: " in str(raised.value)


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("7", "the emotion is 7, outside 0-6"),
        ("-1", "the emotion is -1, outside 0-6"),
        ("", "the emotion is '', not a number"),
        ("happy", "the emotion is 'happy', not a number"),
        ("nan", "not a whole number"),
        ("3.5", "the emotion is '3.5', not a whole number"),
    ],
)
def test_a_broken_label_is_named_with_its_line(
    tmp_path: Path, pixels: str, label: str, says: str
) -> None:
    path = csv(tmp_path / "x.csv", "emotion,pixels", f"{label},{pixels}")
    with pytest.raises(DataError, match=f"line 2: .*{says}"):
        read_csvs([path])


@pytest.mark.parametrize("usage", ["Secret", ""])
def test_an_unknown_usage_is_named_with_its_line(tmp_path: Path, pixels: str, usage: str) -> None:
    path = csv(tmp_path / "x.csv", "emotion,pixels,Usage", f"0,{pixels},{usage}")
    with pytest.raises(DataError, match=f"line 2: the Usage is '{usage}', none of Training"):
        read_csvs([path])


def test_missing_pixels_are_none_of_2304(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "emotion,pixels,Usage", "0,,Training")
    with pytest.raises(DataError, match="line 2: 0 pixels instead of 2304"):
        read_csvs([path])


def test_a_file_without_a_header_is_told_what_is_missing(tmp_path: Path, pixels: str) -> None:
    path = csv(tmp_path / "x.csv", f"0,{pixels},Training", f"0,{pixels},Training")
    with pytest.raises(DataError, match="the first line must name the columns") as raised:
        read_csvs([path])
    assert len(str(raised.value)) < 300 + len(str(path))


def test_an_unlabelled_test_file_is_left_out_with_a_warning(
    tmp_path: Path, pixels: str, caplog: pytest.LogCaptureFixture
) -> None:
    train = csv(tmp_path / "train.csv", "emotion,pixels", f"2,{pixels}")
    test = csv(tmp_path / "test.csv", "pixels", pixels)
    read = read_csvs([train, test])
    assert read.usages == ["train"]
    assert "test.csv has no column 'emotion' and is left out" in caplog.text


def test_an_unlabelled_file_by_itself_is_refused(tmp_path: Path, pixels: str) -> None:
    with pytest.raises(DataError, match="no column 'emotion'"):
        read_csvs([csv(tmp_path / "test.csv", "pixels", pixels)])


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows of images"):
        read_csvs([csv(tmp_path / "x.csv", "emotion,pixels,Usage")])


VOTES = "Usage,Image name," + ",".join(FERPLUS_LABELS) + ",unknown,NF"


def test_votes_become_shares_and_none_where_nobody_saw_a_face(tmp_path: Path) -> None:
    path = csv(
        tmp_path / "v.csv", VOTES,
        "Training,fer0.png,4,0,0,1,3,2,0,0,0,0", "Training,,0,0,0,0,0,0,0,0,0,10",
    )  # fmt: skip
    votes = read_votes(path, ["Training", "Training"])
    assert votes.dtype == np.float32
    assert np.allclose(votes[0], [0.4, 0, 0, 0.1, 0.3, 0.2, 0, 0])
    assert not votes[1].any()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Training,f,4,0,0,x,3,2,0,0,0,0", "line 2: the count of sadness is 'x', not a number"),
        ("Training,f,4,0,0,-1,3,2,0,0,0,0", "line 2: the count of sadness is -1, below 0"),
        ("Training,f,4,0,0,nan,3,2,0,0,0,0", "line 2: the count of sadness is 'nan'"),
        ("PublicTest,f,4,0,0,1,3,2,0,0,0,0", "line 2: Usage PublicTest, but the image"),
    ],
)
def test_broken_votes_are_named_with_their_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_votes(csv(tmp_path / "v.csv", VOTES, line), ["Training"])


def test_votes_for_another_number_of_images_are_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "v.csv", VOTES, "Training,f,4,0,0,1,3,2,0,0,0,0")
    with pytest.raises(DataError, match="1 rows of votes for 2 images"):
        read_votes(path, ["Training", "Training"])


def test_a_file_that_holds_no_votes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'neutral' of votes"):
        read_votes(csv(tmp_path / "v.csv", "emotion,pixels", "1,2"), [""])
