"""The folder that a training run leaves behind."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import keras
import msgspec

from device.errors import MienError
from training.config import TrainingConfig


class RunError(MienError, ValueError):
    """A run folder cannot be used."""


class RunFolder:
    """Where a run keeps its configuration, checkpoint, history and model.

    ``config.json``, ``run.json`` (revision, versions, data), ``history.csv``
    (a row an epoch), ``checkpoint/`` (to go on from), ``model.keras`` (the best
    epoch's averaged weights) and ``metrics.json`` (that epoch's figures).

    Raises RunError where the folder holds a run of another configuration.
    """

    def __init__(self, folder: Path, config: TrainingConfig, data: Mapping[str, object]) -> None:
        self.folder = folder
        self._checkpoints = folder / "checkpoint"
        self._checkpoints.mkdir(parents=True, exist_ok=True)
        self._claim(config)
        about = {"data": dict(data), "revision": revision(), "versions": _versions()}
        write_json(folder / "run.json", about)

    @property
    def model(self) -> Path:
        """Path of the model file."""
        return self.folder / "model.keras"

    def _claim(self, config: TrainingConfig) -> None:
        """Write the configuration, or check that the one there is the same."""
        path = self.folder / "config.json"
        if path.exists():
            there = json.loads(path.read_text(encoding="utf-8"))
            wanted = json.loads(msgspec.json.encode(config))
            differing = sorted(k for k in there | wanted if there.get(k) != wanted.get(k))
            if differing:
                name = differing[0]
                raise RunError(
                    f"{self.folder} holds a run with {name} = {there.get(name)!r}, not "
                    f"{wanted.get(name)!r}: use the same settings or another folder"
                )
        write_json(path, msgspec.to_builtins(config))

    def save_checkpoint(self, model: keras.Model, epoch: int) -> None:
        """Keep weights and optimizer state after ``epoch`` epochs, whole or not at all."""
        partial = self._checkpoints / "partial.weights.h5"
        model.save_weights(partial, overwrite=True)
        os.replace(partial, self._checkpoints / f"epoch-{epoch:04d}.weights.h5")
        for older in sorted(self._checkpoints.glob("epoch-*.weights.h5"))[:-1]:
            older.unlink()

    def restore(self, model: keras.Model) -> int:
        """Load the last checkpoint into ``model``; return the epochs that it has behind it."""
        found = sorted(self._checkpoints.glob("epoch-*.weights.h5"))
        if not found:
            return 0
        # Without its variables the optimizer would silently start afresh.
        model.optimizer.build(model.trainable_variables)
        model.load_weights(found[-1])
        epoch = int(found[-1].name[len("epoch-") :].split(".")[0])
        self._write_history(self.history()[:epoch])
        return epoch

    def append_history(self, row: Mapping[str, float]) -> None:
        """Add an epoch's figures."""
        self._write_history([*self.history(), dict(row)])

    def history(self) -> list[dict[str, float]]:
        """Return the figures of each epoch so far."""
        path = self.folder / "history.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def _write_history(self, rows: list[dict[str, float]]) -> None:
        path = self.folder / "history.csv"
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8", newline="") as file:
            if rows:
                writer = csv.DictWriter(file, fieldnames=list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        os.replace(partial, path)


def write_json(path: Path, content: object) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)


def revision() -> str:
    """Return the commit that this code stands at, or "unknown" outside a checkout."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=here, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    backend = keras.backend.backend()
    return {"keras": keras.version(), "backend": backend}
