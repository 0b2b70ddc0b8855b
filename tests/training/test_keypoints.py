"""training/keypoints.py: files of points, plain and compressed, whole and broken."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from training.errors import DataError
from training.keypoints import Keypoints, read_keypoints

SIDE = 16
GREY = " ".join(["7"] * SIDE * SIDE)
HEADER = "left_eye_center_x,left_eye_center_y,nose_tip_x,nose_tip_y,Image"
# Where the data sets lie beside the repository, if they do.
SHARED = Path(__file__).parents[3] / "shared" / "data"


def csv(path: Path, header: str, *lines: str) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_points_and_pictures_are_read_in_the_order_of_the_columns(tmp_path: Path) -> None:
    levels = " ".join(str(n % 256) for n in range(SIDE * SIDE))
    path = csv(tmp_path / "k.csv", HEADER, f"10.5,4,8,9.25,{levels}", f"1,2,3,4,{GREY}")
    found = read_keypoints(path)
    assert found.names == ("left_eye_center", "nose_tip")
    assert found.points.dtype == np.float32
    assert found.points.tolist() == [[[10.5, 4], [8, 9.25]], [[1, 2], [3, 4]]]
    assert found.images is not None
    assert found.images.dtype == np.uint8
    assert found.images[0].ravel().tolist() == list(range(256))
    assert len(found.take(np.array([1]))) == 1


def test_a_file_without_pictures_is_read(tmp_path: Path) -> None:
    path = csv(tmp_path / "k.csv", "p0_x,p0_y,p1_x,p1_y", "1,2,3,4")
    found = read_keypoints(path)
    assert found.images is None
    assert found.names == ("p0", "p1")
    assert len(found.take(np.array([True]))) == 1


def test_missing_points_are_nan_both_coordinates(tmp_path: Path) -> None:
    path = csv(tmp_path / "k.csv", HEADER, f",,nan,9,{GREY}", f"1,,3,4,{GREY}")
    points = read_keypoints(path).points
    assert np.isnan(points[0]).all()
    assert np.isnan(points[1, 0]).all()
    assert points[1, 1].tolist() == [3, 4]


def test_every_compression_is_read(tmp_path: Path) -> None:
    plain = csv(tmp_path / "k.csv", HEADER, f"1,2,3,4,{GREY}")
    content = plain.read_bytes()
    (tmp_path / "k.csv.xz").write_bytes(lzma.compress(content))
    (tmp_path / "k.csv.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "k.zip", "w") as archive:
        archive.writestr("training.csv", content)
    for name in ("k.csv.xz", "k.csv.gz", "k.zip"):
        assert read_keypoints(tmp_path / name).points.tolist() == [[[1, 2], [3, 4]]], name


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"x,2,3,4,{GREY}", "line 2: left_eye_center is at 'x', not a number"),
        (f"1,2,inf,4,{GREY}", "line 2: nose_tip is at inf, far outside of the picture"),
        (f"1,2,3,4000,{GREY}", "line 2: nose_tip is at 4000, far outside of the picture"),
        ("1,2,3,4,1 2 3", "line 2: 3 pixels make no square picture"),
        ("1,2,3,4,", "line 2: 0 pixels make no square picture"),
        (f"1,2,3,4,{GREY[:-1]}x", "line 2: a pixel is 'x', not a number"),
        (f"1,2,3,4,{GREY[:-1]}256", "line 2: a pixel is 256, outside 0-255"),
        (f"1,2,3,{GREY}", "line 2: 4 cells, but the header names 5"),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_keypoints(csv(tmp_path / "k.csv", HEADER, line))


def test_pictures_of_two_sizes_are_refused(tmp_path: Path) -> None:
    other = " ".join(["7"] * 20 * 20)
    path = csv(tmp_path / "k.csv", HEADER, f"1,2,3,4,{GREY}", f"1,2,3,4,{other}")
    with pytest.raises(DataError, match="line 3: 400 pixels instead of 256"):
        read_keypoints(path)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("emotion,pixels,Usage", "no points: the first line must name columns NAME_x and NAME_y"),
        ("ImageId,Image", "no points: .* it begins: imageid, image"),
        ("nose_tip_x,Image", "a column 'nose_tip_x', but none 'nose_tip_y'"),
        (HEADER, "no rows below the header"),
        ("", "the file is empty"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, header: str, says: str) -> None:
    row = ["0,1,2"[: 2 * header.count(",") + 1]] if header not in (HEADER, "") else []
    with pytest.raises(DataError, match=says):
        read_keypoints(csv(tmp_path / "k.csv", header, *row))


def test_files_that_are_missing_or_cut_short_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*gone\.csv"):
        read_keypoints(tmp_path / "gone.csv")
    cut = tmp_path / "cut.csv.xz"
    cut.write_bytes(lzma.compress(f"{HEADER}\n1,2,3,4,{GREY}\n".encode())[:-20])
    with pytest.raises(DataError, match="broken or cut short"):
        read_keypoints(cut)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the data sets are not here")
def test_the_real_files_of_points_belong_together() -> None:
    faces = read_keypoints(SHARED / "keypoints_test.csv.xz")
    outlines = read_keypoints(SHARED / "landmarks68_test.csv.xz")
    assert isinstance(faces, Keypoints)
    assert faces.images is not None
    assert faces.images.shape == (len(outlines), 96, 96)
    # The nose's tip of the fifteen is one of the 68.
    nose = faces.points[:, faces.names.index("nose_tip")]
    assert np.allclose(nose, outlines.points[:, 30], atol=0.01)
