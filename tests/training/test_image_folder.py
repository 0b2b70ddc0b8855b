"""training/image_folder.py: folders of images by class."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.preprocess import Framing
from training.errors import DataError
from training.face_pictures import FaceCutter
from training.image_folder import Reading, read_folder
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


def labels_in(folder: Path, **how: object) -> list[str]:
    return [LABELS[label] for label in read_folder(folder, Reading(**how)).labels]


def said(caplog: pytest.LogCaptureFixture, folder: Path) -> list[str]:
    """What was warned of ``folder``, without its name."""
    return [record.getMessage().removeprefix(f"{folder}: ") for record in caplog.records]


def test_a_class_that_is_not_known_is_listed_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = [image(tmp_path / "train" / "bored" / f"{n}.png") for n in range(5)]
    image(tmp_path / "train" / "Contempt" / "c.png")
    image(tmp_path / "train" / "Happiness" / "a.png")
    read = read_folder(tmp_path)
    assert [LABELS[label] for label in read.labels] == ["happy"]
    assert sorted(one.path for one in read.left_out if "bored" in one.reason) == unknown
    known = ", ".join(LABELS)
    assert said(caplog, tmp_path) == [
        f"5 left out: in 'bored', a folder that is none of {known} (0.png, 1.png, 2.png, …)",
        f"1 left out: in 'Contempt': contempt is none of {known} (c.png)",
    ]


def test_no_class_that_is_known_is_an_error(tmp_path: Path) -> None:
    image(tmp_path / "bored" / "a.png")
    image(tmp_path / "contempt" / "b.png")
    with pytest.raises(DataError, match=r"no image to use: 1 left out: in 'bored'.* with --map"):
        read_folder(tmp_path)


def test_what_a_folder_means_can_be_said(tmp_path: Path) -> None:
    image(tmp_path / "Bored" / "a.png")
    image(tmp_path / "happy" / "b.png")
    assert labels_in(tmp_path, meanings={"bored": "neutral"}) == ["neutral", "happy"]


def test_folders_of_one_class_are_merged_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("anger", "Angry", "sad"):
        image(tmp_path / name / "a.png")
    assert sorted(labels_in(tmp_path)) == ["angry", "angry", "sad"]
    assert said(caplog, tmp_path) == ["angry is made of the folders Angry, anger"]


def test_a_class_may_have_folders_of_its_own(tmp_path: Path) -> None:
    image(tmp_path / "happy" / "person 7" / "001" / "a.png")
    image(tmp_path / "sad" / "test" / "b.png")
    read = read_folder(tmp_path)
    assert [(LABELS[label], u) for label, u in zip(read.labels, read.usages, strict=True)] == [
        ("happy", ""), ("sad", "test"),
    ]  # fmt: skip


def test_numbered_folders_are_read_as_those_of_the_data_set_that_they_are_named_after(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 8):
        image(tmp_path / "raf" / "train" / str(number) / "a.png", number)
    for number in range(8):
        image(tmp_path / "AffectNet" / f"class{number:03}" / "a.png", number)
    surprise = read_folder(tmp_path / "raf").images[:, 0, 0].tolist()
    assert labels_in(tmp_path / "raf") == [
        "surprise", "fear", "disgust", "happy", "sad", "angry", "neutral",
    ]  # fmt: skip
    assert surprise == list(range(1, 8))
    assert "numbered folders are read as raf-db numbers them" in said(caplog, tmp_path / "raf")
    assert labels_in(tmp_path / "AffectNet") == [
        "neutral", "happy", "sad", "surprise", "fear", "disgust", "angry",
    ]  # fmt: skip


def test_numbers_that_can_mean_several_things_are_asked_about(tmp_path: Path) -> None:
    for number in range(7):
        image(tmp_path / "set" / str(number) / "a.png")
    with pytest.raises(DataError, match=r"0, 1, 2, .* can mean several things: say with --map"):
        read_folder(tmp_path / "set")
    assert labels_in(tmp_path / "set", numbering="affectnet")[0] == "neutral"
    assert labels_in(tmp_path / "set", meanings={"0": "sad"}) == ["sad"]
    (tmp_path / "set").rename(tmp_path / "AffectNet-7")
    assert labels_in(tmp_path / "AffectNet-7")[6] == "angry"


def test_numbers_beside_words_are_left_out(tmp_path: Path) -> None:
    image(tmp_path / "happy" / "a.png")
    image(tmp_path / "12" / "a.png")
    assert labels_in(tmp_path) == ["happy"]


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("keep", [0.0, 0.6])
def test_an_image_that_is_cut_short_is_listed_and_left_out(
    tmp_path: Path, suffix: str, keep: float, caplog: pytest.LogCaptureFixture
) -> None:
    path = image(tmp_path / "sad" / f"a{suffix}")
    image(tmp_path / "sad" / "b.png")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    read = read_folder(tmp_path)
    assert len(read.labels) == 1
    assert [one.path for one in read.left_out] == [path]
    wanted = f"1 left out: not a readable image, or cut short (a{suffix})"
    assert said(caplog, tmp_path) == [wanted]


def test_tiny_images_are_left_out(tmp_path: Path) -> None:
    for size in ((1, 1), (15, 40), (900, 3)):
        image(tmp_path / "sad" / f"{size[0]}.png", size=size)
    image(tmp_path / "sad" / "16.png", size=(16, 16))
    read = read_folder(tmp_path)
    assert len(read.labels) == 1
    assert {one.reason for one in read.left_out} == {"a side of less than 16 pixels"}


def test_a_huge_image_is_read(tmp_path: Path) -> None:
    image(tmp_path / "sad" / "huge.png", 90, (5000, 6000))
    assert (read_folder(tmp_path).images == 90).all()


@pytest.mark.parametrize(
    ("mode", "level", "suffix"),
    [("P", 120, "png"), ("RGBA", 120, "png"), ("LA", 120, "png"), ("I;16", 120 * 256, "png"),
     ("1", 1, "png"), ("CMYK", 135, "jpg"), ("I;16", 120 * 256, "tif"), ("CMYK", 135, "tif")],
)  # fmt: skip
def test_pictures_of_any_kind_have_the_levels_that_one_sees(
    tmp_path: Path, mode: str, level: int, suffix: str
) -> None:
    image_module = pytest.importorskip("PIL.Image")
    if mode == "P":
        picture = image_module.new("RGB", (64, 64), (level,) * 3).quantize(4)
    elif mode == "CMYK":
        picture = image_module.new("CMYK", (64, 64), (0, 0, 0, level))
    else:
        colour = {"RGBA": (level,) * 3 + (255,), "LA": (level, 255)}.get(mode, level)
        picture = image_module.new(mode, (64, 64), colour)
    (tmp_path / "sad").mkdir()
    picture.save(tmp_path / "sad" / f"a.{suffix}")
    wanted = 255 if mode == "1" else 120
    assert read_folder(tmp_path).images.mean() == pytest.approx(wanted, abs=2)


def test_links_are_followed_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    image(tmp_path / "elsewhere" / "a.png")
    data = tmp_path / "data"
    data.mkdir()
    (data / "happy").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(data)
    (tmp_path / "elsewhere" / "b.png").symlink_to(tmp_path / "nowhere.png")
    read = read_folder(data)
    assert [LABELS[label] for label in read.labels] == ["happy"]
    assert said(caplog, data) == ["1 left out: No such file or directory (b.png)"]


def test_an_empty_folder_of_a_class_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image(tmp_path / "happy" / "a.png")
    for name in ("fear", "notes"):
        (tmp_path / name).mkdir()
    read_folder(tmp_path)
    assert said(caplog, tmp_path) == ["no image in fear"]


def test_faces_are_found_and_cut_out(
    tmp_path: Path, demo_picture: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "happy").mkdir()
    assert cv2.imwrite(str(tmp_path / "happy" / "a.png"), demo_picture)
    image(tmp_path / "happy" / "b.png", size=(200, 300))
    image(tmp_path / "happy" / "c.png", level=33)
    grey = cv2.cvtColor(demo_picture, cv2.COLOR_BGR2GRAY)
    framing = Framing(1.2, 0.01, -0.02)
    cut = "1.200 sides of the detector's box, +0.010 right, -0.020 down"
    face = FaceCutter(framing).cut(grey)[0].crop
    read = read_folder(tmp_path, Reading(framing=framing))
    assert len(read.labels) == 2
    assert np.array_equal(read.images[0], face)
    assert (read.images[1] == 33).all()
    assert [one.path.name for one in read.left_out] == ["b.png"]
    assert said(caplog, tmp_path)[0].startswith("of 2 images 1 in colour made grey")
    assert "1 left out: no face found (b.png)" in said(caplog, tmp_path)
    assert f"2 faces found, {cut}" in said(caplog, tmp_path)
    caplog.clear()
    whole = read_folder(tmp_path, Reading(framing=framing, whole=True))
    assert len(whole.labels) == 3
    assert not whole.left_out
    wanted = f"2 faces found, {cut}; 1 without one used whole"
    assert wanted in said(caplog, tmp_path)
    caplog.clear()
    read_folder(tmp_path, Reading(framing=Framing()))
    assert "2 faces found, the detector's box as it is" in said(caplog, tmp_path)


def test_the_option_that_suits_most_pictures_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cut_out = "where pictures show more than a face, --find-faces cuts the face out"
    as_they_are = "where pictures are faces already, --no-face whole takes them as they are"
    image(tmp_path / "happy" / "as it should be.png")
    for number in range(2):
        image(tmp_path / "happy" / f"{number}.png", size=(200, 300))
    read_folder(tmp_path)
    assert cut_out in said(caplog, tmp_path)
    caplog.clear()
    read_folder(tmp_path, Reading(framing=Framing()))
    assert as_they_are in said(caplog, tmp_path)
    caplog.clear()
    read_folder(tmp_path, Reading(framing=Framing(), whole=True))
    assert not {cut_out, as_they_are} & set(said(caplog, tmp_path))


def test_a_folder_without_images_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no fer2013\.csv, .* and no images"):
        read_folder(tmp_path)
