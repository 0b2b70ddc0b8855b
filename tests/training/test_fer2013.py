"""training/fer2013.py: cells of FER2013, good and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.errors import DataError
from training.fer2013 import read_csvs


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


def test_square_images_of_another_size_are_resized_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    large = " ".join(["9"] * 64 * 64)
    path = csv(tmp_path / "x.csv", "emotion,pixels", f"3,{large}", f"4,{large}")
    read = read_csvs([path])
    assert read.images.shape == (2, 48, 48)
    assert (read.images == 9).all()
    says = f"{path}: of 2 images 2 of 64x64 pixels resized to 48x48"
    assert [record.getMessage() for record in caplog.records] == [says]


def test_a_file_has_images_of_one_size(tmp_path: Path, pixels: str) -> None:
    large = " ".join(["9"] * 64 * 64)
    with pytest.raises(DataError, match="line 3: 4096 pixels instead of 2304"):
        read_csvs([csv(tmp_path / "x.csv", "emotion,pixels", f"3,{pixels}", f"3,{large}")])


@pytest.mark.parametrize("count", [1, 9, 225, 2303, 3 * 48 * 48])
def test_pixels_that_make_no_picture_of_a_face_are_none_of_2304(tmp_path: Path, count: int) -> None:
    path = csv(tmp_path / "x.csv", "emotion,pixels", "3," + " ".join(["9"] * count))
    with pytest.raises(DataError, match=f"line 2: {count} pixels instead of 2304"):
        read_csvs([path])
