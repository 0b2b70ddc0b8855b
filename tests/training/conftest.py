"""Tiny data in FER2013's layout, and one real training run on it."""

from __future__ import annotations

import functools
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from device.service import DEMO
from tests import in_process
from tests.in_process import LIMIT_S
from training.__main__ import main
from training.architectures import build
from training.labels import FERPLUS_LABELS, LABELS, SIDE

if TYPE_CHECKING:
    import keras

# Many networks in one process make TensorFlow warn that it traces again and again.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

ROOT = Path(__file__).parents[2]
EPOCHS = 3
# The smallest network that there is a name for: a step of it costs next to nothing.
TINY = "searched-k3c8-p3c8n1"


def synthetic_image(label: int, generator: np.random.Generator) -> np.ndarray:
    """A bright square whose place tells the label, on noise; uint8 (48, 48)."""
    image = generator.integers(60, 140, size=(SIDE, SIDE), dtype=np.uint8)
    top, left = 6 * label, 40 - 6 * label
    image[top : top + 10, left : left + 8] = 240
    return image


def synthetic_rows(per_class: int, usages: str, seed: int = 0) -> list[tuple[int, str, str]]:
    """(emotion, pixels, Usage) rows; the usages take turns within each class."""
    generator = np.random.default_rng(seed)
    names = usages.split()
    rows = []
    for i in range(per_class):
        for label in range(len(LABELS)):
            pixels = " ".join(map(str, synthetic_image(label, generator).ravel()))
            rows.append((label, pixels, names[i % len(names)]))
    return rows


@pytest.fixture
def pixels() -> str:
    return synthetic_rows(1, "Training")[0][1]


@pytest.fixture(scope="session")
def fer2013_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """84 Training rows and 28 PublicTest rows."""
    path = tmp_path_factory.mktemp("data") / "fer2013.csv"
    rows = synthetic_rows(16, "Training Training Training PublicTest")
    path.write_text(
        "emotion,pixels,Usage\n" + "".join(f"{e},{p},{u}\n" for e, p, u in rows), encoding="utf-8"
    )
    return path


@pytest.fixture(scope="session")
def votes_csv(fer2013_csv: Path) -> Path:
    """FER+ votes for the same rows; in the first row nobody saw a face."""
    usages = [line.rsplit(",", 1)[1] for line in fer2013_csv.read_text("utf-8").splitlines()[1:]]
    header = ["Usage", "Image name", *FERPLUS_LABELS, "unknown", "NF"]
    lines = [",".join(header)]
    for i, usage in enumerate(usages):
        counts = (
            [0] * 8 if i == 0 else [6 if i % 8 == j else (4 if j == 0 else 0) for j in range(8)]
        )
        lines.append(",".join([usage, f"fer{i:07d}.png", *map(str, counts), "0", "0"]))
    path = fer2013_csv.with_name("fer2013new.csv")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def demo_picture() -> np.ndarray:
    """The demo clip's first picture, which shows a happy face; uint8 (height, width, 3)."""
    capture = cv2.VideoCapture(str(DEMO))
    ok, picture = capture.read()
    capture.release()
    assert ok
    return picture


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Of a process that trains: TensorFlow, and the repository on the path from anywhere."""
    return os.environ | {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(ROOT)}


Cli = Callable[..., subprocess.CompletedProcess[str]]


@functools.cache
def network(name: str) -> keras.Model:
    """An architecture as it is built for the seven classes: ResNet50 takes seconds to build."""
    return build(name, len(LABELS))


def run_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``python -m training`` with the given arguments in this process."""
    return in_process.run_here(main, *arguments)


@pytest.fixture(scope="session")
def here() -> Cli:
    """Run a command in this process, as ``cli`` does in another."""
    return run_here


@pytest.fixture(scope="session")
def cli(environment: dict[str, str]) -> Cli:
    """Run ``python -m training`` with the given arguments to its end."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "training", *map(str, arguments)],
            env=environment | variables, capture_output=True, text=True, timeout=LIMIT_S,
            check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def training_arguments(fer2013_csv: Path, votes_csv: Path) -> list[str]:
    """All but ``--out`` of the run that ``finished_run`` does."""
    return [
        "train", "--data", str(fer2013_csv), "--votes", str(votes_csv),
        "--arch", TINY, "--epochs", str(EPOCHS), "--batch-size", "16",
    ]  # fmt: skip


@pytest.fixture(scope="session")
def finished_run(
    here: Cli, training_arguments: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The folder and the stdout of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "undisturbed"
    done = here(*training_arguments, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout
