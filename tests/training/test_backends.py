"""The same code on another backend, and no backend's own words in it."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.conftest import ROOT, TINY, Cli
from training.classifier import load_classifier
from training.data import load
from training.evaluate import evaluate
from training.subject import Subject

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
)

# Same weights in the same order, the same answers, the same moving averages.
ACCELERATED = """
import keras, numpy as np
from training.architectures import build
from training.fused import TorchBatchNormalization, TorchConv2D, accelerate

plain = build("mien", 7, dropout=0.0, votes=8)
fast = accelerate(plain)
for kind in (TorchBatchNormalization, TorchConv2D):
    assert any(isinstance(layer, kind) for layer in fast.layers)
shapes = [(w.path.split("/")[-1], tuple(w.shape)) for w in plain.weights]
assert shapes == [(w.path.split("/")[-1], tuple(w.shape)) for w in fast.weights]
fast.set_weights(plain.get_weights())
images = np.random.default_rng(0).uniform(0, 255, (8, 48, 48, 1)).astype("float32")
for training in (True, False):
    answers = [model(images, training=training) for model in (plain, fast)]
    for name in ("emotion", "votes"):
        one, other = (keras.ops.convert_to_numpy(a[name]) for a in answers)
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
for one, other, before in zip(plain.get_weights(), fast.get_weights(), shapes, strict=True):
    # PyTorch keeps the unbiased variance: on 8 images of 6x6 that is 1 in 288 more.
    np.testing.assert_allclose(one, other, rtol=5e-3, atol=1e-4, err_msg=str(before))
"""


def test_no_module_of_training_imports_a_backend_at_the_top() -> None:
    for path in (ROOT / "training").glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            backends = {"tensorflow", "torch", "jax"}
            assert not backends & {name.split(".")[0] for name in names}, path.name


@needs_torch
def test_the_accelerated_network_is_the_same_network(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ACCELERATED], env=environment | {"KERAS_BACKEND": "torch"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@needs_torch
def test_what_pytorch_trained_tensorflow_reads_alike(
    cli: Cli, fer2013_csv: Path, votes_csv: Path, tmp_path: Path
) -> None:
    done = cli(
        "train", "--arch", TINY, "--data", fer2013_csv, "--votes", votes_csv, "--out", tmp_path,
        "--epochs", 1, "--batch-size", 16, KERAS_BACKEND="torch",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["started"]["backend"] == "torch"
    classifier = load_classifier(tmp_path / "model.keras")
    scores = evaluate(classifier, load(fer2013_csv), Subject("validation")).scores
    assert scores.confusion.tolist() == metrics["confusion"]
