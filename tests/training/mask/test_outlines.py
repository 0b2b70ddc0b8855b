"""What the network learns: polygons out of two files, and how much of a cell they cover."""

import lzma

import numpy as np
import pytest

from tests.training.mask.conftest import faces, write_outlines, write_pictures
from training.errors import DataError
from training.mask.outlines import coverage, outline, read_outlines


def test_pictures_and_points_come_together(files):
    read, drawn = read_outlines(files["data"], files["outlines"]), faces(40)
    assert (read.pictures == drawn.pictures).all()
    assert np.abs(read.points - drawn.points).max() < 1e-4
    assert read.names[-2:] == ("right_eye_center", "left_eye_center")


def test_compressed_files_are_read(files, tmp_path):
    packed = tmp_path / "points.csv.xz"
    packed.write_bytes(lzma.compress(files["outlines"].read_bytes()))
    assert len(read_outlines(files["data"], packed)) == 40


def test_the_outline_goes_round_the_face_without_crossing_itself(files):
    polygon = outline(faces(1).points[0])
    assert polygon.shape == (27, 2)
    middle = polygon.mean(axis=0)
    turns = np.unwrap(np.arctan2(*(polygon - middle).T[::-1]))
    steps = np.diff(turns)
    assert (np.sign(steps) == np.sign(steps[0])).all()
    assert 5.5 < abs(turns[-1] - turns[0]) < 2 * np.pi


def test_how_much_of_a_cell_is_covered():
    # In pixels whose first has its middle at 0: the left half of the picture, exactly.
    square = np.array([[-0.5, -0.5], [7.5, -0.5], [7.5, 15.5], [-0.5, 15.5]], np.float32)
    # The edge may lie half a fine pixel, an eighth of a cell, off.
    assert np.allclose(coverage(square, 16, 4)[1:3], [[1, 1, 0, 0]] * 2, atol=0.13)
    shifted = coverage(square + np.float32([2, 0]), 16, 4)
    assert np.allclose(shifted[1:3], [[0.5, 1, 0.5, 0]] * 2, atol=0.13)


def test_the_area_of_an_outline_is_that_of_the_face():
    drawn = faces(1)
    polygon = outline(drawn.points[0])
    x, y = polygon.T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    for cells in (48, 96):
        covered = coverage(polygon, 96, cells).sum() * (96 / cells) ** 2
        assert abs(covered / area - 1) < 0.006


def test_an_outline_beyond_the_picture_is_cut_off_at_its_edge():
    square = np.array([[-50, -50], [7.5, -50], [7.5, 90], [-50, 90]], np.float32)
    assert np.allclose(coverage(square, 16, 4), [[1, 1, 0, 0]] * 4, atol=0.13)


def test_files_that_do_not_fit_together_are_told_apart(files, tmp_path):
    with pytest.raises(DataError, match=r"faces.csv has 40 rows, .*test_points.csv 10"):
        read_outlines(files["data"], files["test-outlines"])
    with pytest.raises(DataError, match=r"points.csv: no column Image"):
        read_outlines(files["outlines"], files["outlines"])
    with pytest.raises(DataError, match=r"faces.csv: 1 points: outlines are of iBUG's 68"):
        read_outlines(files["data"], files["data"])


def test_a_row_that_lacks_a_point_is_named(tmp_path):
    some = faces(3)
    some.points[1, 5] = np.nan
    pictures = write_pictures(tmp_path / "a.csv", some)
    with pytest.raises(DataError, match=r"b.csv: row 2 lacks a point"):
        read_outlines(pictures, write_outlines(tmp_path / "b.csv", some))
