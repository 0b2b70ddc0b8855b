"""What a search says of a network's cost, held against the int8 file that is made of it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from convert.anatomy import check, dissect
from convert.quantise import to_int8
from device.model import Model
from tests.convert.conftest import ROOT, run_convert
from training.architectures.plan import Plan
from training.data import LABELS

PLANS = [
    "searched-k3c16-i5c24n2x3e-f3c40n1x2-b3c80n3e",
    "searched-k7c8-p3c16n2e-i3c32n2x1-r5c64n1e",
    "searched-k5c20-r3c20n1-r3c40n2-r3c80n2",
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


def test_a_network_of_a_plan_is_trained_converted_and_read_by_the_device(faces, tmp_path):
    """Of the kinds that the shipped networks do not have; pictures as they are, so soon learned."""
    settings = tmp_path / "train.toml"
    settings.write_text(
        'architecture = "searched-k3c16-i3c16n1x2e-f3c32n1x2"\n'
        "epochs = 60\nbatch_size = 7\nema_momentum = 0.9\n"
        "patience = 0\nlabel_smoothing = 0\ndropout = 0\n"
        'precision = "float32"\n[augmentation]\nflip = false\nrotate_deg = 0\nscale = 0\n'
        "shift_px = 0\ncontrast = 0\nbrightness = 0\nerase_probability = 0\n",
        encoding="utf-8",
    )
    run = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-m", "training", "train", "--data", faces, "--out", run,
         "--config", settings],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    out = tmp_path / "found.tflite"
    done = run_convert(run / "model.keras", "--data", faces, "--out", out, "--name", "found")
    assert done.returncode == 0, done.stderr
    # A tenth of the labels is wrong.
    assert "Keras 90.00%" in done.stdout
    assert tuple(Model(out).labels) == LABELS
