"""Scalars for TensorBoard, without TensorFlow.

Keras's own callback needs TensorFlow whatever the backend is; the
``tensorboard`` package writes the same files by itself.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import keras
from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # type: ignore[import-untyped]
from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from tensorboard.summary.writer.record_writer import RecordWriter  # type: ignore[import-untyped]

from training.run_folder import RunFolder


class EventLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Write each epoch's row of the history to ``tensorboard/train`` and ``/validation``."""

    def __init__(self, run: RunFolder, first_epoch: int) -> None:
        super().__init__()
        self._run = run
        folder = run.folder / "tensorboard"
        self._train = _EventFile(folder / "train", first_epoch)
        self._validation = _EventFile(folder / "validation", first_epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the row, which the history has by now."""
        row = self._run.history()[-1]
        step = int(row["epoch"])
        rate = row["learning_rate"]
        train = {"loss": row["loss"], "accuracy": row["accuracy"], "learning_rate": rate}
        self._train.write(step, train)
        validation = {"loss": row["val_loss"], "accuracy": row["val_accuracy"]}
        self._validation.write(step, validation)

    def close(self) -> None:
        """Close the files; a second time does nothing."""
        self._train.close()
        self._validation.close()


class _EventFile:
    """One file of events, its name as TensorBoard looks for it."""

    def __init__(self, folder: Path, first_step: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{os.getpid()}"
        self._file = (folder / name).open("wb")
        self._writer = RecordWriter(self._file)
        self._event(file_version="brain.Event:2")
        # Tells TensorBoard to drop what a run that was cut off wrote from this step on.
        self._event(step=first_step, session_log=SessionLog(status=SessionLog.START))

    def write(self, step: int, scalars: dict[str, float]) -> None:
        """Write ``scalars`` by their names, and let them reach the disk."""
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        self._event(step=step, summary=Summary(value=values))

    def _event(self, **fields: Any) -> None:
        self._writer.write(Event(wall_time=time.time(), **fields).SerializeToString())
        self._file.flush()

    def close(self) -> None:
        self._file.close()
