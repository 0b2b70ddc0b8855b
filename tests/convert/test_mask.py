"""convert/mask.py: networks that mark a face's pixels, by the same command."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.__main__ import main
from convert.mask import Comparison
from device.errors import ModelError
from device.mask import FaceMask
from device.model_file import MASK, read_card
from tests.convert.conftest import run_convert
from tests.convert.drawing import face
from training.mask.figures import Overlaps

SIDE, SIZE, FACES = 96, 0.28, 40


def scene(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A face before a wall that no other has, and 68 points: those of the outline are its head's.

    The eyes' lie anywhere, so that each is another scene.
    """
    x, y = generator.uniform(0.45, 0.55, 2)
    drawn = cv2.resize(face(SIZE, x, y), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    cells = generator.integers(0, 110, (12, 12), dtype=np.uint8)
    wall = cv2.resize(cells, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    on_head = np.hypot((across - x) / (1.1 * SIZE), (down - y - 0.02) / (1.35 * SIZE)) < 1
    points = np.zeros((68, 2))
    jaw, brows = np.linspace(np.pi, 0, 17), np.linspace(np.pi, 2 * np.pi, 12)[1:-1]
    turns = np.concatenate([jaw, brows])
    points[:27] = np.array([x, y + 0.1 * SIZE]) * SIDE
    points[:27] += np.stack([0.8 * np.cos(turns), 1.05 * np.sin(turns)], axis=1) * SIZE * SIDE
    eye = generator.uniform([5, 5], [50, 85])
    points[36:42], points[42:48] = eye, eye + np.array([generator.uniform(15, 40), 0])
    return np.where(on_head, drawn, wall), points


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Pictures, and the points of the same rows."""
    generator = np.random.default_rng(0)
    pictures, outlines = ["nose_tip_x,nose_tip_y,Image"], [
        ",".join(f"p{n}_{axis}" for n in range(68) for axis in "xy")
    ]  # fmt: skip
    for _ in range(FACES):
        image, points = scene(generator)
        pictures.append(f"48,48,{' '.join(map(str, image.ravel()))}")
        outlines.append(",".join(f"{value:.2f}" for value in points.ravel()))
    folder = tmp_path_factory.mktemp("outlines")
    paths = folder / "training.csv", folder / "points.csv"
    for path, lines in zip(paths, (pictures, outlines), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return paths


@pytest.fixture(scope="module")
def trained_mask(keras, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of that kind: what is lighter than most is a face's."""
    from training.keras_file import save_model

    image = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Rescaling(1 / 64, offset=-2)(image)
    logits = keras.layers.Conv2D(1, 2, strides=2, name="mask")(x)
    model = keras.Model(image, logits, name="mask")
    model.get_layer("mask").set_weights([np.full((2, 2, 1, 1), 0.5), np.zeros(1)])
    path = tmp_path_factory.mktemp("mask") / "model.keras"
    save_model(model, ("face",), path, MASK)
    path.with_name("config.json").write_text('{"held_out": 0.2}')
    return path


@pytest.fixture(scope="module")
def converted_mask(trained_mask, files, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "mask.tflite"
    data, points = files
    done = run_convert(
        trained_mask, "--data", data, "--outlines", points,
        "--test", data, "--test-outlines", points, "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done, out


def test_it_says_what_it_found_and_nothing_else(converted_mask):
    done, out = converted_mask
    assert done.stderr == ""
    topics = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    # It has learned next to nothing.
    told = ["overlap", "warning"]
    assert topics == ["model", "data", "framing", "int8", "ops", *told, *told, "written"]
    assert str(out) in done.stdout


def test_the_file_says_what_it_is_and_how_much_it_marks_rightly(converted_mask):
    _, out = converted_mask
    with zipfile.ZipFile(out) as archive:
        assert archive.read("labels.txt").decode().split() == ["face"]
    card = read_card(out)
    assert card["kind"] == MASK
    assert card["name"] == "mask"
    assert card["input"] == {"height_px": 96, "width_px": 96, "channels": 1}
    assert card["figures"]["split"] == "test"
    assert card["figures"]["images"] == FACES
    # The skin is light, and eyes, brows and mouth are not.
    assert 0.5 < card["figures"]["int8_iou"] < 1
    assert abs(card["figures"]["int8_iou"] - card["figures"]["keras_iou"]) < 0.005
    assert card["compared"][0]["split"] == "held out"
    assert card["compared"][0]["images"] == 0.2 * FACES
    assert card["data"]["training_images"] == 0.8 * FACES
    assert "--test-outlines points.csv" in card["conversion"]["command"]
    assert "YouTube Faces" in card["licence"]


def test_the_device_loads_it_and_marks_the_same_pixels(converted_mask, trained_mask, keras):
    from training.mask.figures import ask
    from training.mask.network import load_mask

    mask = FaceMask(converted_mask[1])
    picture, _ = scene(np.random.default_rng(7))
    exact = ask(load_mask(trained_mask), picture[np.newaxis])[0]
    whole = mask.logits(picture)
    assert whole.shape == exact.shape == (48, 48)
    assert np.abs(exact - whole).max() < 2 * mask.step


def test_a_mask_is_not_converted_without_outlines(trained_mask, files, tmp_path, capsys):
    out = tmp_path / "x.tflite"
    assert main([str(trained_mask), "--data", str(files[0]), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert said == "mien: a mask is measured by outlines: give --outlines FILE\n"
    assert not out.exists()


def test_a_converted_network_that_marks_worse_is_not_written_and_a_useless_one_warned_of(capsys):
    overlaps = Overlaps(10, 0.95, 0.9, 0.02, 0.02, np.full(10, 0.95))
    Comparison("held out", overlaps, replace(overlaps, iou=0.9451)).check()
    Comparison("held out", overlaps, overlaps).tell()
    assert "warning" not in capsys.readouterr().out
    Comparison("held out", overlaps, replace(overlaps, iou=0.36)).tell()
    assert "warning     an overlap of 36% is of no use on a face\n" in capsys.readouterr().out
    with pytest.raises(ModelError, match=r"the overlap is 94\.40% in int8 and 95\.00% in Keras"):
        Comparison("held out", overlaps, replace(overlaps, iou=0.944)).check()
