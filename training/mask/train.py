"""Train the network that marks faces, and take the run up again where it was cut off."""

from __future__ import annotations

from pathlib import Path

import keras

from device.errors import ConfigError
from device.model_file import MASK
from training import face_training
from training.keypoints import Keypoints
from training.mask.batches import Batches
from training.mask.config import MaskConfig
from training.mask.loss import MaskLoss, Overlap
from training.mask.network import build, load_mask
from training.progress import History, Selecting
from training.run_folder import RunFolder

LABELS = ("face",)
SELECTING = Selecting("iou")


def task(config: MaskConfig) -> face_training.Task:
    """Return what a network of masks learns."""
    return face_training.Task(
        kind=MASK,
        labels=LABELS,
        build=lambda: build(),
        begin=_begin,
        batches=Batches,
        loss=MaskLoss(config.dice_weight),
        metric=Overlap(),
        selecting=SELECTING,
        line=epoch_line,
    )


def train(
    config: MaskConfig,
    learned: Keypoints,
    selecting: Keypoints,
    run: RunFolder,
    *,
    start: Path | None = None,
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    The model that is kept is that of the epoch with the greatest overlap on ``selecting``;
    ``training.face_training`` has the rest, and what is raised.
    """
    face_training.train(task(config), config, learned, selecting, run, start)


def _begin(start: Path, model: keras.Model) -> None:
    try:
        model.set_weights(load_mask(start).get_weights())
    except ValueError as error:
        raise ConfigError(f"--start-from {start}: a mask of another architecture") from error


def epoch_line(history: History, epochs: int) -> str:
    """Return the line for the last epoch in ``history``, which is not empty."""
    row = history[-1]
    best = SELECTING.best_epoch(history)
    return (
        f"epoch {int(row['epoch']):{len(str(epochs))}d}/{epochs}"
        f"  loss {row['loss']:.3f} (validation {row['val_loss']:.3f})"
        f"  IoU {row['iou']:.4f} (validation {row['val_iou']:.4f},"
        f" best {history[best - 1]['val_iou']:.4f} in epoch {best})"
    )
