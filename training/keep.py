"""What is kept of each epoch, and when to stop."""

from __future__ import annotations

import math
import os

import keras

from training.architectures import build
from training.config import TrainingConfig
from training.errors import DivergedError
from training.labels import LABELS
from training.progress import best_epoch
from training.randomness import Randomness
from training.run_folder import RunFolder


class Keep(keras.callbacks.Callback):  # type: ignore[misc]
    """After each epoch keep the figures, a checkpoint and, if it is the best so far, the model.

    metric: Keras's name of the accuracy.
    randomness: what the run that was cut off would have drawn next.
    """

    def __init__(
        self,
        run: RunFolder,
        config: TrainingConfig,
        metric: str,
        randomness: Randomness | None = None,
    ) -> None:
        super().__init__()
        self._run = run
        self._config = config
        self._metric = metric
        self._randomness = randomness
        # Below any accuracy: a first epoch that gets nothing right is kept too.
        self._best = max((row["val_accuracy"] for row in run.history()), default=-1.0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Before the first epoch after a resumption, put the random generators back."""
        if self._randomness is not None:
            self._randomness.put_back(self.model)
            self._randomness = None

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the averaged weights, which are in the model during validation."""
        accuracy = float((logs or {})[self._metric])
        if accuracy > self._best:
            self._best = accuracy
            partial = self._run.folder / "partial.keras"
            plain_copy(self.model, self._config).save(partial)
            os.replace(partial, self._run.model)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep figures and checkpoint; stop where patience is at its end.

        Raises DivergedError where the loss is not a number any more.
        """
        logs = logs or {}
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss} in epoch {epoch + 1}: "
                "use a lower peak_rate, and another run folder"
            )
        self._run.append_history(
            {
                "epoch": epoch + 1,
                "loss": loss,
                "accuracy": float(logs[self._metric]),
                "val_loss": float(logs["val_loss"]),
                "val_accuracy": float(logs[f"val_{self._metric}"]),
                "learning_rate": float(self.model.optimizer.learning_rate),
            }
        )
        self._run.checkpoints.save(self.model, epoch + 1)
        if out_of_patience(self._run.history(), self._config.patience):
            self.model.stop_training = True


def out_of_patience(history: list[dict[str, float]], patience: int) -> bool:
    """Tell whether the last ``patience`` epochs have brought nothing; with 0 it is never so."""
    return patience > 0 and len(history) - best_epoch(history) >= patience


def plain_copy(trained: keras.Model, config: TrainingConfig) -> keras.Model:
    """Return the network in float32, of Keras's own layers, without the head of votes."""
    model = build(config.architecture, len(LABELS), dropout=config.dropout)
    weighted = [layer for layer in trained.layers if layer.weights and layer.name != "votes"]
    targets = [layer for layer in model.layers if layer.weights]
    for source, target in zip(weighted, targets, strict=True):
        target.set_weights(source.get_weights())
    return model
