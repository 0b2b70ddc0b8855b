"""Train the network of landmarks, and take the run up again where it was cut off."""

from __future__ import annotations

from pathlib import Path

from device.model_file import LANDMARKS
from training import face_training
from training.keypoints import Keypoints
from training.landmarks.batches import Batches
from training.landmarks.config import LandmarksConfig
from training.landmarks.loss import Error, MapLoss
from training.landmarks.network import CELL, build
from training.landmarks.start import begin_with
from training.progress import History, Selecting
from training.run_folder import RunFolder

SELECTING = Selecting("error_px", falls=True)


def train(
    config: LandmarksConfig,
    learned: Keypoints,
    selecting: Keypoints,
    run: RunFolder,
    *,
    start: Path | None = None,
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    The model that is kept is that of the epoch with the least error on ``selecting``;
    ``training.face_training`` has the rest, and what is raised.
    """
    names = learned.names
    task = face_training.Task(
        kind=LANDMARKS,
        labels=names,
        build=lambda: build(len(names)),
        begin=lambda path, model: begin_with(path, model, names),
        batches=Batches,
        loss=MapLoss(config.spread, config.place_weight, CELL),
        metric=Error(CELL),
        selecting=SELECTING,
        line=epoch_line,
    )
    face_training.train(task, config, learned, selecting, run, start)


def epoch_line(history: History, epochs: int) -> str:
    """Return the line for the last epoch in ``history``, which is not empty."""
    row = history[-1]
    best = SELECTING.best_epoch(history)
    return (
        f"epoch {int(row['epoch']):{len(str(epochs))}d}/{epochs}"
        f"  loss {row['loss']:.3f} (validation {row['val_loss']:.3f})"
        f"  error {row['error_px']:5.2f} px (validation {row['val_error_px']:5.2f},"
        f" best {history[best - 1]['val_error_px']:5.2f} in epoch {best})"
    )
