"""training/image_folder.py: folders of images by class."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.errors import DataError
from training.image_folder import read_folder
from training.labels import LABELS


def image(path: Path, level: int = 100, size: tuple[int, ...] = (48, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full(size, level, dtype=np.uint8))
    return path


def test_folders_name_split_and_class(tmp_path: Path) -> None:
    image(tmp_path / "train" / "happy" / "a.png", 10)
    image(tmp_path / "test" / "Anger" / "b.jpg", 200)
    read = read_folder(tmp_path)
    found = {(u, LABELS[label], int(i.mean())) for u, label, i in
             zip(read.usages, read.labels, read.images, strict=True)}  # fmt: skip
    assert found == {("train", "happy", 10), ("test", "angry", 200)}


def test_flat_folders_name_no_split(tmp_path: Path) -> None:
    image(tmp_path / "sad" / "a.png")
    assert read_folder(tmp_path).usages == [""]


@pytest.mark.parametrize("size", [(96, 96), (24, 24), (60, 50), (48, 48, 3)])
def test_images_of_another_size_or_in_colour_become_48_by_48_grey(
    tmp_path: Path, size: tuple[int, ...]
) -> None:
    image(tmp_path / "sad" / "a.png", 77, size)
    read = read_folder(tmp_path)
    assert read.images.shape == (1, 48, 48)
    assert read.images.dtype == np.uint8
    assert (read.images == 77).all()


def test_one_warning_says_what_was_converted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image(tmp_path / "sad" / "as it should be.png")
    image(tmp_path / "sad" / "grey saved as colour.png", size=(48, 48, 3))
    image(tmp_path / "happy" / "large.png", size=(96, 96))
    image(tmp_path / "happy" / "small and oblong.jpg", size=(20, 30))
    red = np.zeros((48, 48, 3), dtype=np.uint8)
    red[..., 2] = 200
    assert cv2.imwrite(str(tmp_path / "happy" / "red.png"), red)
    read = read_folder(tmp_path)
    assert len(read.labels) == 5
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}: of 5 images 1 in colour made grey, 2 of 30x20 to 96x96 pixels resized to "
        "48x48, 1 of these made square by repeating their edges"
    ]


def test_images_as_they_should_be_need_no_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image(tmp_path / "sad" / "a.png")
    image(tmp_path / "sad" / "grey saved as colour.jpg", size=(48, 48, 3))
    read_folder(tmp_path)
    assert not caplog.records


def test_what_macos_leaves_and_other_files_are_passed_over(tmp_path: Path) -> None:
    image(tmp_path / "sad" / "a.png")
    (tmp_path / "sad" / "._a.png").write_bytes(b"\0")
    (tmp_path / "sad" / "notes.txt").write_text("x")
    assert len(read_folder(tmp_path).labels) == 1


def test_an_unknown_class_is_named(tmp_path: Path) -> None:
    path = image(tmp_path / "train" / "bored" / "a.png")
    with pytest.raises(DataError, match="its folder 'bored' is none of angry, ") as raised:
        read_folder(tmp_path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("keep", [0.0, 0.6])
def test_an_image_that_is_cut_short_is_named(tmp_path: Path, suffix: str, keep: float) -> None:
    path = image(tmp_path / "sad" / f"a{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataError, match=f"a{suffix}: not a readable image, or cut short"):
        read_folder(tmp_path)


def test_a_folder_without_images_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no fer2013\.csv, .* and no images"):
        read_folder(tmp_path)
