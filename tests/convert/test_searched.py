"""What a search says of a network's cost, held against the int8 file that is made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.anatomy import check, dissect
from convert.quantise import to_int8
from device.model import Model
from tests.convert.conftest import run_convert, write_fer2013
from tests.convert.drawing import marked_face
from tests.in_process import run_here
from training.__main__ import main as training
from training.architectures.plan import Plan
from training.data import LABELS, load

# All kinds of blocks; converting takes as long as a network has blocks.
PLANS = [
    "searched-k3c16-i5c24n2x3e-f3c40n1x2-b3c80n2e",
    "searched-k7c8-p3c16n1e-i3c32n1x1-r5c64n2e",
]


@pytest.mark.parametrize("name", PLANS)
def test_macs_are_exact_and_bytes_within_two_percent(name, keras):
    from training.architectures import build

    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    tflite = to_int8(build(name, len(LABELS)), images)
    inside = dissect(tflite)
    check(inside)
    assert inside.slow() == {}
    plan = Plan.parse(name)
    assert plan.macs() == inside.macs
    assert abs(plan.int8_bytes() - len(tflite)) < 0.02 * len(tflite)


def light_and_dark(path: Path, each: int = 24) -> Path:
    """Write faces that are happy where the picture is light and sad where it is dark."""
    generator = np.random.default_rng(0)
    rows = []
    for usage in ("Training", "PublicTest"):
        for name, lighter in (("happy", 45), ("sad", -45)):
            label = LABELS.index(name)
            for _ in range(each):
                image = marked_face(0, generator).astype(np.int16) + lighter
                rows.append((label, np.clip(image, 0, 255).astype(np.uint8), usage))
    write_fer2013(path, rows)
    return path


def test_a_network_of_a_plan_is_trained_converted_and_read_by_the_device(keras, tmp_path):
    """Of the kinds that the shipped networks do not have; pictures as they are, so soon learned."""
    settings = tmp_path / "train.toml"
    settings.write_text(
        'architecture = "searched-k3c16-i3c16n1x2e-f3c32n1x2"\n'
        "epochs = 6\nbatch_size = 8\nema_momentum = 0.5\n"
        "patience = 0\nlabel_smoothing = 0\ndropout = 0\n"
        'precision = "float32"\n[augmentation]\nflip = false\nrotate_deg = 0\nscale = 0\n'
        "shift_px = 0\ncontrast = 0\nbrightness = 0\nerase_probability = 0\n",
        encoding="utf-8",
    )
    run, data = tmp_path / "run", light_and_dark(tmp_path / "faces.csv")
    given = ("--data", data, "--classes", "happy,sad", "--out", run, "--config", settings)
    done = run_here(training, "train", *given)
    assert done.returncode == 0, done.stderr
    out = tmp_path / "found.tflite"
    done = run_convert(run / "model.keras", "--data", data, "--out", out, "--name", "found")
    assert done.returncode == 0, done.stderr
    model = Model(out)
    assert tuple(model.labels) == ("happy", "sad")
    validation = load(data).only(("happy", "sad")).split("validation")
    answers = [int(model.logits(image).argmax()) for image in validation.images]
    assert np.mean(answers == validation.labels) > 0.9
