"""What a training run tells its user while it goes on."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
from tqdm import tqdm  # type: ignore[import-untyped]

from training.run_folder import RunFolder

History = list[dict[str, float]]


@dataclass(frozen=True)
class Selecting:
    """The figure of the validation by which an epoch is selected.

    name: of a history's column, behind "val_". falls: whether less is better.
    """

    name: str
    falls: bool = False

    def better(self, one: float, other: float) -> bool:
        """Tell whether ``one`` is better than ``other``."""
        return one < other if self.falls else one > other

    def best(self, history: History) -> float:
        """Return the best so far; what anything is better than where there is none."""
        values = (row[f"val_{self.name}"] for row in history)
        return min(values, default=math.inf) if self.falls else max(values, default=-math.inf)

    def best_epoch(self, history: History) -> int:
        """Return the first epoch (from 1) with the best; 0 for none."""
        best = self.best(history)
        return next((int(row["epoch"]) for row in history if row[f"val_{self.name}"] == best), 0)


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """A line on stdout for each epoch and, on a terminal, a bar on stderr within it.

    line: what says the figures of the last epoch of a history, given how many there will be.
    """

    def __init__(
        self, run: RunFolder, epochs: int, line: Callable[[History, int], str] | None = None
    ) -> None:
        super().__init__()
        self._run = run
        self._epochs = epochs
        self._line = line or epoch_line
        self._epochs_here = 0
        self._bar: tqdm | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._began_s = self._epoch_began_s = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Open the bar; ``disable=None`` leaves it out where stderr is no terminal."""
        self._epoch_began_s = time.monotonic()
        self._bar = tqdm(
            total=self.params["steps"], desc=f"epoch {epoch + 1}/{self._epochs}",
            unit="batch", leave=False, disable=None, file=sys.stderr,
        )  # fmt: skip

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the epoch's line from the history, which has its row by now."""
        self._close()
        self._epochs_here += 1
        now_s = time.monotonic()
        took_s = now_s - self._epoch_began_s
        left = self._epochs - epoch - 1
        left_s = (now_s - self._began_s) / self._epochs_here * left
        line = self._line(self._run.history(), self._epochs)
        print(f"{line}  {took_s:.0f} s, {_duration(left_s)} left", flush=True)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the bar, which is open where an epoch was broken off."""
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def epoch_line(history: History, epochs: int) -> str:
    """Return the line for the last epoch in ``history``, which is not empty."""
    row = history[-1]
    best = best_epoch(history)
    return (
        f"epoch {int(row['epoch']):{len(str(epochs))}d}/{epochs}"
        f"  loss {row['loss']:.3f} (validation {row['val_loss']:.3f})"
        f"  accuracy {row['accuracy']:6.2%} (validation {row['val_accuracy']:6.2%},"
        f" best {history[best - 1]['val_accuracy']:6.2%} in epoch {best})"
    )


def best_epoch(history: History) -> int:
    """Return the first epoch (from 1) with the highest validation accuracy; 0 for none."""
    return Selecting("accuracy").best_epoch(history)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
