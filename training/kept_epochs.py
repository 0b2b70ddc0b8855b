"""What is kept of each epoch of any network."""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras

from training.errors import DivergedError
from training.randomness import Randomness
from training.run_folder import RunFolder


class KeptEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Keep figures and a checkpoint of each epoch, and go on as a run that was cut off would have.

    randomness: what that would have drawn next.
    """

    def __init__(self, run: RunFolder, randomness: Randomness | None = None) -> None:
        super().__init__()
        self._run = run
        self._randomness = randomness

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Before the first epoch after a resumption, put the random generators back."""
        if self._randomness is not None:
            self._randomness.put_back(self.model)
            self._randomness = None

    def keep_epoch(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Keep ``figures``, the loss among them, and a checkpoint.

        epoch: counted from 0.

        Raises DivergedError where the loss is not a number any more.
        """
        loss = figures["loss"]
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss} in epoch {epoch + 1}: "
                "use a lower peak_rate, and another run folder"
            )
        rate = float(self.model.optimizer.learning_rate)
        self._run.append_history({"epoch": epoch + 1, **figures, "learning_rate": rate})
        self._run.checkpoints.save(self.model, epoch + 1)
