"""A small data set of drawn faces, a network that reads it, and the command."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convert.__main__ import main
from tests.convert.drawing import marked_face
from tests.in_process import LIMIT_S, run_here
from training.data import LABELS

ROOT = Path(__file__).parents[2]
TRAINING_EACH, VALIDATION_EACH = 10, 30
# The network reads every mark, so these are the answers that it gets wrong.
WRONG_EACH = 3


def run_convert(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which has TensorFlow already."""
    return run_here(main, *arguments)


def convert_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``python -m convert`` as its user does."""
    return subprocess.run(
        [sys.executable, "-m", "convert", *(str(a) for a in arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip


def write_fer2013(path: Path, rows: list[tuple[int, np.ndarray, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for label, image, usage in rows:
            writer.writerow([label, " ".join(str(v) for v in image.ravel()), usage])


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """A data set in FER2013's form; of each class a few validation labels are wrong."""
    generator = np.random.default_rng(0)
    rows = []
    for label in range(len(LABELS)):
        for usage, each, wrong in (
            ("Training", TRAINING_EACH, 0),
            ("PublicTest", VALIDATION_EACH, WRONG_EACH),
        ):
            for number in range(each):
                told = (label + 1) % len(LABELS) if number < wrong else label
                rows.append((told, marked_face(label, generator), usage))
    path = tmp_path_factory.mktemp("data") / "faces.csv"
    write_fer2013(path, rows)
    return path


@pytest.fixture(scope="session")
def keras():
    pytest.importorskip("tensorflow", reason="conversion needs TensorFlow")
    from convert.network import import_tensorflow

    import_tensorflow()
    import keras

    return keras


@pytest.fixture(scope="session")
def network(keras):
    """Return a builder of networks that find the mark in a face's bottom row."""

    def build(offset: float = 0.0):
        from tests.convert.drawing import templates

        image = keras.Input((48, 48, 1), name="image")
        x = keras.layers.Rescaling(1 / 64, offset=-2)(image)
        x = keras.layers.Conv2D(len(LABELS), 48, use_bias=False, name="templates")(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        logits = keras.layers.Dense(len(LABELS), name="emotion")(x)
        model = keras.Model(image, logits, name="marks")
        model.get_layer("templates").set_weights([templates()])
        bias = np.full(len(LABELS), offset, np.float32)
        model.get_layer("emotion").set_weights([np.eye(len(LABELS), dtype=np.float32), bias])
        return model

    return build


@pytest.fixture(scope="session")
def trained(network, tmp_path_factory):
    """A run folder's model, with the files that a training run leaves beside it."""
    folder = tmp_path_factory.mktemp("run")
    network().save(folder / "model.keras")
    (folder / "run.json").write_text('{"revision": "abc1234", "data": {"path": "/home/me/f.csv"}}')
    (folder / "config.json").write_text('{"architecture": "marks", "epochs": 3}')
    return folder / "model.keras"


@pytest.fixture(scope="session")
def converted(trained, faces, tmp_path_factory):
    """A conversion that went well: the process, and the file that it wrote."""
    out = tmp_path_factory.mktemp("out") / "new" / "marks.tflite"
    done = convert_process(trained, "--data", faces, "--out", out, "--name", "marks")
    assert done.returncode == 0, done.stderr
    return done, out
