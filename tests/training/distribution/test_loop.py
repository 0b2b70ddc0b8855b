"""training/distribution/loop.py: the loop beside Keras's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.augment import Augmentation
from training.config import TrainingConfig
from training.data import load
from training.distribution.group import Mirrored
from training.run_folder import RunFolder
from training.train import train

pytestmark = pytest.mark.skipif(
    os.environ["KERAS_BACKEND"] != "tensorflow", reason="KERAS_BACKEND is not tensorflow"
)


def test_it_learns_what_keras_learns_and_calls_back_as_keras_does(
    fer2013_csv: Path, tmp_path: Path
) -> None:
    """One step an epoch, as Keras shuffles steps, and nothing else is drawn."""
    still = Augmentation(
        flip=False, rotate_deg=0, scale=0, shift_px=0, contrast=0, brightness=0,
        erase_probability=0,
    )  # fmt: skip
    config = TrainingConfig(
        architecture="searched-k3c4-p3c8n1", epochs=3, batch_size=84, augmentation=still,
        dropout=0.0, precision="float32",
    )  # fmt: skip
    dataset = load(fer2013_csv)
    histories = []
    for name, group in (("keras", None), ("ours", Mirrored(1, shared_statistics=False))):
        run = RunFolder(tmp_path / name, config, {})
        if group is not None:
            group.start(run, config, {}, dataset)
        train(config, dataset, run, group=group)
        assert run.model.exists()
        assert run.checkpoints.epoch() == 3
        histories.append(run.history())
    assert len(histories[0]) == len(histories[1])
    for row, same in zip(*histories, strict=True):
        assert row == pytest.approx(same, rel=1e-4)
