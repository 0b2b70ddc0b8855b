"""What TensorBoard shows of a run, written without TensorFlow.

Keras's own callback needs TensorFlow whatever the backend is; the
``tensorboard`` package writes the same files by itself. Files lie in folders of
their own: ``train`` (figures, and the graph of the network), ``validation`` (figures)
and ``evaluation`` (pictures of the model that was kept).
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from typing import Any

import keras
from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # type: ignore[import-untyped]
from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from tensorboard.summary.writer.record_writer import RecordWriter  # type: ignore[import-untyped]

from training.network_graph import graph_of
from training.run_folder import RunFolder

# Where a PNG file has its width and height, and what TensorBoard calls its colours.
_PNG_SIZE = struct.Struct(">16x2I")
_RGBA = 4


class EventLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Write each epoch's row of the history to ``tensorboard/train`` and ``/validation``."""

    def __init__(self, run: RunFolder, first_epoch: int) -> None:
        super().__init__()
        self._run = run
        self._first_epoch = first_epoch
        self._train = _EventFile(_folder(run, "train"), first_epoch)
        self._validation = _EventFile(_folder(run, "validation"), first_epoch)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Write the graph of the network, once in a run."""
        if self._first_epoch == 1:
            self._train.event(graph_def=graph_of(self.model).SerializeToString())

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the row, which the history has by now."""
        row = self._run.history()[-1]
        step = int(row["epoch"])
        figures = {name: value for name, value in row.items() if name != "epoch"}
        validation = {name: value for name, value in figures.items() if name.startswith("val_")}
        train = {name: value for name, value in figures.items() if name not in validation}
        self._train.write(step, train)
        self._validation.write(step, {n.removeprefix("val_"): v for n, v in validation.items()})

    def close(self) -> None:
        """Close the files; a second time does nothing."""
        self._train.close()
        self._validation.close()


def log_picture(run: RunFolder, tag: str, epoch: int, picture: Path) -> None:
    """Show the PNG file ``picture``, of the model kept in ``epoch``, as ``tag``.

    It takes the place of one that was there.
    """
    content = picture.read_bytes()
    width, height = _PNG_SIZE.unpack_from(content)
    image = Summary.Image(
        width=width, height=height, colorspace=_RGBA, encoded_image_string=content
    )
    events = _EventFile(_folder(run, "evaluation"), first_step=0)
    try:
        events.event(step=epoch, summary=Summary(value=[Summary.Value(tag=tag, image=image)]))
    finally:
        events.close()


def _folder(run: RunFolder, part: str) -> Path:
    return run.folder / "tensorboard" / part


class _EventFile:
    """One file of events, its name as TensorBoard looks for it."""

    def __init__(self, folder: Path, first_step: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{os.getpid()}"
        self._file = (folder / name).open("wb")
        self._writer = RecordWriter(self._file)
        self.event(file_version="brain.Event:2")
        # Tells TensorBoard to drop what a run that was cut off wrote from this step on.
        self.event(step=first_step, session_log=SessionLog(status=SessionLog.START))

    def write(self, step: int, scalars: dict[str, float]) -> None:
        """Write ``scalars`` by their names."""
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        self.event(step=step, summary=Summary(value=values))

    def event(self, **fields: Any) -> None:
        """Write an event of these fields, and let it reach the disk."""
        self._writer.write(Event(wall_time=time.time(), **fields).SerializeToString())
        self._file.flush()

    def close(self) -> None:
        self._file.close()
