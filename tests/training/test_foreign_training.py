"""Training on folders that are not like FER2013's, with degraded pictures, and keeping the last."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.conftest import TINY, Cli, network, synthetic_image
from training.keras_file import save_model
from training.labels import LABELS

CONFIG = f"""
architecture = "{TINY}"
epochs = 2
batch_size = 8
keep = "last"

[augmentation.degradation]
share = 0.5
"""
TRAINING = ("train", "--arch", TINY, "--epochs", "1", "--out", "run")


@pytest.fixture
def photos(tmp_path: Path, demo_picture: np.ndarray) -> Path:
    """Happy faces in colour in whole pictures, angry ones as FER2013 has them, and others."""
    generator = np.random.default_rng(1)
    for name in ("Anger", "joy", "bored"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    for number in range(10):
        happy = np.clip(demo_picture.astype(int) + 2 * number, 0, 255).astype(np.uint8)
        angry = synthetic_image(0, generator)
        for name, picture in (("joy", happy), ("Anger", angry), ("bored", angry)):
            assert cv2.imwrite(str(tmp_path / "photos" / name / f"{number}.png"), picture)
    assert cv2.imwrite(str(tmp_path / "photos" / "joy" / "x.png"), np.full((90, 90), 9, np.uint8))
    return tmp_path / "photos"


def test_a_network_learns_from_foreign_folders_and_is_converted(
    here: Cli, photos: Path, tmp_path: Path
) -> None:
    config, run = tmp_path / "config.toml", tmp_path / "run"
    config.write_text(CONFIG)
    done = here("train", "--data", photos, "--find-faces", "--config", config, "--out", run)
    assert done.returncode == 0, done.stderr
    assert f"Training {TINY} on 18 images, choosing by 2" in done.stdout
    assert f"Kept: {run / 'model.keras'} of epoch 2 of 2" in done.stdout
    assert f"{photos}: 20 faces found, the detector's box as it is" in done.stderr
    assert "1 left out: no face found (x.png)" in done.stderr
    assert "10 left out: in 'bored', a folder that is none of" in done.stderr
    settings = json.loads((run / "config.json").read_text("utf-8"))
    assert settings["keep"] == "last"
    assert settings["augmentation"]["degradation"]["share"] == 0.5
    figures = json.loads((run / "metrics.json").read_text("utf-8"))
    assert figures["epoch"] == 2
    support = {name: figures["labels"][name]["images"] for name in LABELS}
    assert support == dict.fromkeys(LABELS, 0) | {"angry": 1, "happy": 1}


def test_a_run_goes_on_with_folders_read_as_before_alone(here: Cli, tmp_path: Path) -> None:
    """Numbers that mean something else would give all pictures other labels."""
    generator = np.random.default_rng(1)
    for number in range(2 * len(LABELS)):
        folder = tmp_path / "set" / str(number // 2)
        folder.mkdir(parents=True, exist_ok=True)
        picture = synthetic_image(number // 2, generator)
        assert cv2.imwrite(str(folder / f"{number}.png"), picture)
    run = ("train", "--data", tmp_path / "set", "--arch", TINY, "--batch-size", 4)
    run = (*run, "--epochs", 1, "--out", tmp_path / "run", "--map")
    done = here(*run, "fer2013")
    assert done.returncode == 0, done.stderr
    learned = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))["data"]
    assert learned["reading"]["name"] == "--map fer2013"
    done = here(*run, "affectnet")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--map fer2013 (" in done.stderr
    assert "--map affectnet (" in done.stderr
    assert here(*run, "fer2013").returncode == 0


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ((*TRAINING, "--map", "raf-db"), "--map: for folders of pictures"),
        ((*TRAINING, "--find-faces"), "--find-faces: for folders of pictures"),
        (("evaluate", "m.keras", "--map", "a=sad"), "--map: for folders of pictures"),
        (("evaluate", "m.keras", "--no-face", "whole"), "--no-face whole: goes with --find-faces"),
        (("hack", "--map", "raf-db", "--out", "run"), "--map: for folders of pictures"),
    ],
)  # fmt: skip
def test_options_for_folders_are_refused_where_there_are_none(
    here: Cli,
    fer2013_csv: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if command[0] == "evaluate":
        save_model(network(TINY), LABELS, tmp_path / "m.keras")
    done = here(*command, "--data", fer2013_csv)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert not (tmp_path / "run" / "config.json").exists()
