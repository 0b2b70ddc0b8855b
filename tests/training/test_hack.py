"""training/hack.py, training/gradients.py and the command."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from tests.training.conftest import LIMIT_S, Cli
from training.__main__ import main
from training.answers import ask
from training.classifier import Classifier, Logits, load_classifier
from training.comparison import magnify
from training.fer2013 import Images
from training.gradients import gradient_of
from training.hack import Attack, distance, distance_l2, smallest
from training.labels import LABELS
from training.shipped import INT8_MODEL, KERAS_MODEL

GREY = np.full((48, 48), 100, dtype=np.uint8)
COMPARE = "from tests.training.test_hack import compare_with_differences as it; it()"


def compare_with_differences() -> None:
    """The gradient holds against differences of the function itself."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((48, 48, 1)), layers.Rescaling(1 / 64, offset=-2),
        layers.Conv2D(4, 5, strides=4), layers.BatchNormalization(), layers.Activation("tanh"),
        layers.Dropout(0.5), layers.Flatten(), layers.Dense(3),
    ])  # fmt: skip
    gradient = gradient_of(model, lambda logits: keras.ops.log_softmax(logits)[:, 1])
    images = np.random.default_rng(0).uniform(0, 255, (2, 48, 48, 1)).astype(np.float32)
    logits, slope = gradient(images)
    assert slope.shape == images.shape
    assert slope.dtype == np.float32
    np.testing.assert_allclose(logits, keras.ops.convert_to_numpy(model(images)), atol=1e-5)

    def value(pictures: np.ndarray) -> np.ndarray:
        logits = gradient(pictures)[0].astype(np.float64)
        return logits[:, 1] - np.log(np.exp(logits).sum(axis=1))

    step = 2 * slope / np.linalg.norm(slope)
    change = (value(images + step) - value(images - step)) / 2
    np.testing.assert_allclose(change, (step * slope).sum(axis=(1, 2, 3)), rtol=0.02)


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_the_gradient_is_the_slope_on_each_backend(
    backend: str, environment: dict[str, str]
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    if backend == keras.backend.backend():
        compare_with_differences()
        return
    done = subprocess.run(
        [sys.executable, "-c", COMPARE], env=environment | {"KERAS_BACKEND": backend},
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def brightness_reader(threshold: float) -> keras.Model:
    """A network that says "sad" of pictures whose mean is above the threshold, else "happy"."""
    dense = keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), dense])
    weights = np.stack([np.zeros(2304), np.full(2304, 1 / 2304)], axis=1)
    dense.set_weights([weights.astype(np.float32), np.array([0, -threshold], np.float32)])
    return model


def reader(threshold: float) -> Classifier:
    """The same in NumPy: a network in int8 has no gradient either."""

    def logits(images: Images) -> Logits:
        sad = images.mean(axis=(1, 2)) - threshold
        return np.stack([np.zeros_like(sad), sad], axis=1).astype(np.float32)

    return Classifier("brightness", ("happy", "sad"), logits)


@pytest.mark.parametrize(
    ("threshold", "other_threshold", "needed"),
    [(100.5, 100.5, 1), (104.5, 100.5, 5), (104.5, 110.5, 11), (100.5, 122.5, 23)],
)
def test_the_smallest_bound_that_deceives_both_is_found(
    threshold: float, other_threshold: float, needed: int
) -> None:
    readers = (reader(threshold), reader(other_threshold))
    attack = Attack(brightness_reader(threshold), readers, "sad")
    tried: dict[int, bool] = {}
    hacked = smallest(attack, GREY, 64, tried.__setitem__)
    assert hacked is not None
    assert hacked.dtype == np.uint8
    assert distance(GREY, hacked) == needed
    assert all(ask(one, hacked[None])[0].emotion == "sad" for one in readers)
    assert all(works == (bound >= needed) for bound, works in tried.items())
    assert len(tried) <= 10


def test_more_than_is_allowed_is_not_tried() -> None:
    attack = Attack(brightness_reader(120.5), [reader(120.5)], "sad")
    tried: dict[int, bool] = {}
    assert smallest(attack, GREY, 20, tried.__setitem__) is None
    assert list(tried) == [1, 2, 4, 8, 16, 20]


def test_grey_levels_stay_between_black_and_white() -> None:
    bright = np.where(np.arange(48) < 24, 254, 40).astype(np.uint8) * np.ones((48, 1), np.uint8)
    threshold = float(bright.mean()) + 5
    attack = Attack(brightness_reader(threshold), [reader(threshold)], "sad")
    hacked = smallest(attack, bright, 64, lambda bound, works: None)
    assert hacked is not None
    assert (hacked[:, :24] >= 244).all()
    assert distance(bright, hacked) == 10  # half of the pixels have one level of room


def test_distances_and_magnification() -> None:
    other = GREY.copy()
    other[0, 0], other[1, 1] = 96, 103
    assert (distance(GREY, other), distance_l2(GREY, other)) == (4, 5.0)
    picture, factor = magnify(GREY, other)
    assert factor == 31
    assert (picture[0, 0], picture[1, 1], picture[2, 2]) == (128 - 4 * 31, 128 + 3 * 31, 128)


@pytest.fixture(scope="module")
def frame(demo_picture: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo clip's first picture, in a file."""
    path = tmp_path_factory.mktemp("frames") / "frame.png"
    assert cv2.imwrite(str(path), demo_picture)
    return path


@pytest.fixture(scope="module")
def hacked(here: Cli, frame: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the stdout of the command on that picture, with the shipped models."""
    folder = tmp_path_factory.mktemp("hack") / "out"
    done = here("hack", "--image", frame, "--out", folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_the_files_on_disk_are_read_as_was_printed(hacked: tuple[Path, str]) -> None:
    folder, stdout = hacked
    before, after = (
        cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED)
        for name in ("input_image.png", "hacked_image.png")
    )
    assert before.shape == after.shape == (48, 48)
    assert before.dtype == after.dtype == np.uint8
    for name, path in (("Keras", KERAS_MODEL), ("int8", INT8_MODEL)):
        said = [ask(load_classifier(path), face[None])[0] for face in (before, after)]
        assert [one.emotion for one in said] == ["happy", "sad"]
        assert re.search(rf"^{name} +{said[0]} +{said[1]}$", stdout, re.MULTILINE)
    match = re.search(r"L-infinity (\d+) grey levels?, L2 ([\d.]+)", stdout)
    assert match
    assert int(match[1]) == distance(before, after) > 0
    assert float(match[2]) == pytest.approx(distance_l2(before, after), abs=0.05)
    comparison = cv2.imread(str(folder / "comparison.png"))
    assert comparison.shape[1] > comparison.shape[0] > 400


def test_the_face_is_what_the_device_would_crop(hacked: tuple[Path, str], frame: Path) -> None:
    from device.faces import FaceFinder
    from device.model import Model
    from device.preprocess import crop_face

    grey = cv2.imread(str(frame), cv2.IMREAD_GRAYSCALE)
    crop = crop_face(grey, FaceFinder().find(grey)[0], Model(INT8_MODEL).framing)
    written = cv2.imread(str(hacked[0] / "input_image.png"), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(written, crop)


def fails(capfd: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    assert main(["hack", *map(str, arguments)]) == code
    error = capfd.readouterr().err
    assert error.count("\n") == 1, error
    return error


def test_a_face_that_is_read_otherwise_is_refused_and_told(
    hacked: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    face = hacked[0] / "hacked_image.png"
    error = fails(capfd, 1, "--image", face, "--out", tmp_path / "o")
    assert re.match(rf"hack: {face} is not read as happy but as Sad .* \(Keras\), Sad", error)
    assert not (tmp_path / "o").exists()


def test_of_a_data_set_the_row_is_named_and_what_cannot_be_done_within_the_bound_is_said(
    hacked: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Row 0 has another label, row 1 is read as something else, row 2 is it."""
    happy, sad = (
        cv2.imread(str(hacked[0] / name), cv2.IMREAD_GRAYSCALE)
        for name in ("input_image.png", "hacked_image.png")
    )
    faces = [(3, happy, "Training"), (4, happy, "PublicTest"), (3, sad, "PublicTest")]
    lines = [
        f"{label},{' '.join(map(str, face.ravel()))},{usage}"
        for label, face, usage in [*faces, (3, happy, "PublicTest")]
    ]
    data = tmp_path / "fer2013.csv"
    data.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    bounded = ("--to", "disgust", "--most", 1, "--out", tmp_path / "o")
    error = fails(capfd, 1, "--data", data, *bounded)
    row_2 = "fer2013.csv, PublicTest row 2, labelled happy"
    assert f"{row_2} is not read as disgust by both models within 1 grey levels" in error
    assert not (tmp_path / "o").exists()
    row = ("--data", data, "--out", tmp_path / "o", "--row")
    assert "PublicTest row 1, labelled happy is not read as happy but" in fails(capfd, 1, *row, 1)
    assert "--row is 3: fer2013.csv, PublicTest has rows 0 to 2" in fails(capfd, 2, *row, 3)


def test_folders_are_read_as_in_other_commands_and_faces_framed_as_for_the_device(
    frame: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for split in ("train", "val"):
        (tmp_path / "set" / split / "7").mkdir(parents=True)
        shutil.copy(frame, tmp_path / "set" / split / "7")
    data = ("--data", tmp_path / "set", "--map", "7=happy", "--find-faces")
    error = fails(capfd, 1, *data, "--to", "disgust", "--most", 1, "--out", tmp_path / "o")
    assert "set, val row 0, labelled happy is not read as disgust by both" in error


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--to", "happy"], "--from and --to are both 'happy'"),
        (["--to", "bored"], f"does not read 'bored': use two of {', '.join(LABELS)}"),
        (["--most", "0"], "--most is 0: give 1 to 255"),
        (["--row", "1"], "--row 1 is without --data"),
        (["--map", "raf-db"], "--map: for folders of pictures, and there is no --data"),
        (["--int8", "x.tflite"], "MODEL and --int8 FILE belong together"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    arguments: list[str], told: str, frame: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert told in fails(capfd, 2, "--image", frame, "--out", tmp_path, *arguments)


def test_the_input_is_not_overwritten(
    hacked: tuple[Path, str], capfd: pytest.CaptureFixture[str]
) -> None:
    face = hacked[0] / "hacked_image.png"
    content = face.read_bytes()
    arguments = ("--image", face, "--from", "sad", "--to", "happy", "--out", hacked[0])
    assert "would be overwritten" in fails(capfd, 2, *arguments)
    assert face.read_bytes() == content
