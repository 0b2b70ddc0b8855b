"""convert/landmarks.py: networks that find points on a face, by the same command."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.landmarks import Comparison
from device.errors import ModelError
from device.landmarks import Landmarks
from device.model_file import LANDMARKS, read_card
from tests.convert.conftest import run_convert
from tests.convert.drawing import face
from training.landmarks.figures import Errors

SIDE, SIZE = 96, 0.28
NAMES = ("left_eye_center", "right_eye_center", "nose_tip")


def scene(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A face before a wall that no other has, and points in pixels.

    They lie anywhere: by its eyes each is another scene, and the network knows nothing anyway.
    """
    x, y = generator.uniform(0.45, 0.55, 2)
    drawn = cv2.resize(face(SIZE, x, y), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    cells = generator.integers(0, 256, (12, 12), dtype=np.uint8)
    wall = cv2.resize(cells, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    on_head = np.hypot((across - x) / (1.1 * SIZE), (down - y - 0.02) / (1.35 * SIZE)) < 1
    right_eye = generator.uniform([5, 5], [50, 85])
    left_eye = right_eye + np.array([generator.uniform(15, 40), 0])
    points = np.array([left_eye, right_eye, (48, 48)])
    return np.where(on_head, drawn, wall), points


@pytest.fixture(scope="module")
def points_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = np.random.default_rng(0)
    lines = [",".join([*(f"{name}_{axis}" for name in NAMES for axis in "xy"), "Image"])]
    for _ in range(60):
        image, points = scene(generator)
        cells = [f"{value:.2f}" for value in points.ravel()]
        lines.append(",".join([*cells, " ".join(map(str, image.ravel()))]))
    path = tmp_path_factory.mktemp("points") / "training.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def trained_landmarks(keras, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of that kind: it has learned nothing, so its points lie about the middle."""
    from training.keras_file import save_model

    keras.utils.set_random_seed(0)
    image = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Rescaling(1 / 64, offset=-2)(image)
    maps = keras.layers.Conv2D(len(NAMES), 4, strides=4)(x)
    path = tmp_path_factory.mktemp("landmarks") / "model.keras"
    save_model(keras.Model(image, maps, name="landmarks"), NAMES, path, LANDMARKS)
    return path


@pytest.fixture(scope="module")
def converted_landmarks(trained_landmarks, points_csv, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "points.tflite"
    done = run_convert(trained_landmarks, "--data", points_csv, "--test", points_csv, "--out", out)
    assert done.returncode == 0, done.stderr
    return done, out


def test_it_says_what_it_found_and_nothing_else(converted_landmarks):
    done, out = converted_landmarks
    assert done.stderr == ""
    topics = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert topics == [
        "model", "data", "warning", "framing", "int8", "ops",
        "error", "warning", "error", "warning", "written",
    ]  # fmt: skip
    assert str(out) in done.stdout


def test_the_file_says_what_it_is_and_how_far_off(converted_landmarks):
    _, out = converted_landmarks
    with zipfile.ZipFile(out) as archive:
        assert archive.read("labels.txt").decode().split() == list(NAMES)
    card = read_card(out)
    assert card["kind"] == LANDMARKS
    assert card["name"] == "landmarks"
    assert card["input"] == {"height_px": 96, "width_px": 96, "channels": 1}
    assert card["figures"]["split"] == "test"
    assert card["figures"]["images"] == 60
    assert list(card["figures"]["int8_nme_by_point"]) == list(NAMES)
    held_out = card["compared"][0]
    assert card["data"]["training_images"] + held_out["images"] == 60
    assert "--test training.csv" in card["conversion"]["command"]
    assert "YouTube Faces" in card["licence"]


def test_rows_of_which_nobody_knows_whether_they_were_learned_are_not_called_held_out(
    converted_landmarks,
):
    """The model is alone in its folder."""
    done, out = converted_landmarks
    assert "no config.json beside model.keras" in done.stdout
    assert "it may have learned these 6\n" in done.stdout
    assert "perhaps learned, 6 faces: Keras" in done.stdout
    assert read_card(out)["compared"][0]["split"] == "perhaps learned"


def test_the_device_loads_it_and_finds_the_same_points(
    converted_landmarks, trained_landmarks, keras
):
    from training.landmarks.finder import load_finder

    _, out = converted_landmarks
    pictures = np.stack([scene(np.random.default_rng(n))[0] for n in (7, 8)])
    assert Landmarks(out).labels == list(NAMES)
    exact, _ = load_finder(trained_landmarks).find(pictures)
    whole, _ = load_finder(out).find(pictures)
    assert np.abs(exact - whole).max() < 1


def test_points_without_pictures_are_refused_in_one_line(trained_landmarks, tmp_path):
    data = tmp_path / "landmarks68.csv"
    data.write_text("p0_x,p0_y\n1,2\n")
    done = run_convert(trained_landmarks, "--data", data, "--out", tmp_path / "x.tflite")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "landmarks68.csv: no column 'Image'" in done.stderr
    assert not (tmp_path / "x.tflite").exists()


def test_a_converted_network_that_is_further_off_is_not_written():
    errors = Errors(NAMES, 10, 1.0, 0.04, np.full(3, 0.04), 0.06, (0.0, 0.0))
    Comparison("held out", errors, replace(errors, nme=0.0411)).check()
    with pytest.raises(ModelError, match=r"int8 is off by 4\.20% of the eyes' distance"):
        Comparison("held out", errors, replace(errors, nme=0.042)).check()
