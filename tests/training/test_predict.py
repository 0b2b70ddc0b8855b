"""training/predict.py, what it draws, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.faces import FaceFinder
from device.model import Model
from device.preprocess import crop_face
from tests.training.conftest import Cli
from training.__main__ import main
from training.annotated import ReadFace, draw_faces
from training.answers import Answer
from training.predict import output_paths
from training.shipped import INT8_MODEL, KERAS_MODEL


@pytest.fixture
def pictures(demo_picture: np.ndarray, tmp_path: Path) -> Path:
    """A folder with one face, two faces, none, and a face of 48x48."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    one = demo_picture[:, 200:560]
    cv2.imwrite(str(folder / "one.png"), demo_picture)
    cv2.imwrite(str(folder / "two.png"), np.hstack([one, one]))
    cv2.imwrite(str(folder / "none.png"), np.full_like(demo_picture, 90))
    cv2.imwrite(str(folder / "small.png"), cv2.resize(demo_picture[130:230, 270:370], (48, 48)))
    return folder


def read_json(capfd: pytest.CaptureFixture[str]) -> dict[str, dict]:
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    return {Path(line["image"]).stem: line for line in lines}


def test_a_folder_is_read_as_the_device_reads_it(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(pictures), "--json", "--out", str(tmp_path / "o")]) == 0
    read = read_json(capfd)
    assert {name: len(one["faces"]) for name, one in read.items()} == {
        "one": 1, "two": 2, "none": 0, "small": 1,
    }  # fmt: skip
    model = Model(INT8_MODEL)
    grey = cv2.imread(str(pictures / "one.png"), cv2.IMREAD_GRAYSCALE)
    box = FaceFinder().find(grey)[0]
    probabilities = model.probabilities(crop_face(grey, box, model.framing))
    face = read["one"]["faces"][0]
    assert face["box_xyxy"] == list(box)
    assert face["emotion"] == model.labels[probabilities.argmax()]
    assert list(face["probabilities"]) == model.labels
    np.testing.assert_allclose(list(face["probabilities"].values()), probabilities, atol=1e-4)
    assert read["small"]["faces"][0]["box_xyxy"] == [0, 0, 48, 48]
    drawn = sorted(path.name for path in (tmp_path / "o").iterdir())
    assert drawn == ["one-read.png", "small-read.png", "two-read.png"]
    assert read["none"]["drawn"] is None


def test_what_is_printed_names_each_face_and_what_failed(
    here: Cli, pictures: Path, tmp_path: Path
) -> None:
    """What decoders write of a broken picture, past Python, must not show either."""
    whole = (pictures / "one.png").read_bytes()
    half = len(whole) // 2
    (tmp_path / "torn.png").write_bytes(whole[:half] + bytes(200) + whole[half + 200 :])
    (tmp_path / "empty").mkdir()
    given = [tmp_path / "torn.png", tmp_path / "empty", tmp_path / "gone.png"]
    given += [pictures / "two.png", pictures / "none.png"]
    done = here("predict", *given, "--out", tmp_path / "o")
    assert done.returncode == 1
    errors = done.stderr.splitlines()
    assert len(errors) == 3, errors
    for error, path in zip(errors, (given[1], given[0], given[2]), strict=True):
        assert error.startswith("predict: ")
        assert str(path) in error
    lines = done.stdout.splitlines()
    assert (
        lines[0] == f"{pictures / 'two.png'}: 2 faces, drawn in {tmp_path / 'o' / 'two-read.png'}"
    )
    assert [line[:5] for line in lines[1:3]] == ["  1: ", "  2: "]
    assert lines[3] == f"{pictures / 'none.png'}: no face found"


def test_a_keras_file_reads_too(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--model", str(KERAS_MODEL), "--json", "--out", str(tmp_path / "o")]
    assert main(["predict", str(pictures / "small.png"), *arguments]) == 0
    probabilities = read_json(capfd)["small"]["faces"][0]["probabilities"]
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-3)


def test_a_drawing_overwrites_no_picture_and_no_other_drawing(tmp_path: Path) -> None:
    pictures = [tmp_path / "a.png", tmp_path / "a.jpg", tmp_path / "a-read.png"]
    names = [path.name for path in output_paths(pictures, tmp_path)]
    assert names == ["a-read-2.png", "a-read-3.png", "a-read-read.png"]


@pytest.mark.parametrize("size_px", [(48, 48), (360, 640), (1500, 1000)])
@pytest.mark.parametrize("place", [(0.4, 0.5), (0.02, 0.0), (0.78, 0.78), (0.78, 0.0)])
def test_box_and_label_are_drawn_at_any_size_and_place(
    size_px: tuple[int, int], place: tuple[float, float], tmp_path: Path
) -> None:
    height, width = size_px
    side, left, top = min(size_px) // 5, round(place[0] * width), round(place[1] * height)
    picture = np.full((height, width, 3), 200, dtype=np.uint8)
    answer = Answer({"surprise": 0.75, "sad": 0.25})
    box = (left, top, left + side, top + side)
    draw_faces(picture, [ReadFace(box, answer)], tmp_path / "drawn.png")
    drawn = cv2.imread(str(tmp_path / "drawn.png")).astype(int)
    times = drawn.shape[0] // height
    assert drawn.shape[:2] == (height * times, width * times)
    assert max(drawn.shape) >= 480
    orange = (np.abs(drawn - (0, 159, 230)) < 12).all(axis=2)
    middle = (top * times + side * times // 2, left * times + side * times // 2)
    unit = max(drawn.shape) / 480
    # Its right edge, and a label as wide as letters of this size need.
    near = orange[middle[0], round((left + side) * times - 3 * unit) :]
    assert near[: round(6 * unit)].any()
    rows = orange.sum(axis=1)
    assert (rows > 80 * unit).sum() > 4 * unit
    # All of the label is inside: its left and right borders are in the picture.
    widest = np.flatnonzero(orange[rows.argmax()])
    assert widest[0] > 0
    assert widest[-1] < drawn.shape[1] - 1
