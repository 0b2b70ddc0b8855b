"""What is kept of each epoch, and when to stop."""

from __future__ import annotations

import keras

from training.architectures import build, weighted_layers
from training.config import TrainingConfig
from training.kept_epochs import KeptEpochs
from training.keras_file import save_model
from training.labels import FERPLUS_CLASSES
from training.progress import best_epoch
from training.randomness import Randomness
from training.rounding import round_kernels
from training.run_folder import RunFolder


class Keep(KeptEpochs):
    """After each epoch keep the figures, a checkpoint and, if it is to be kept, the model.

    classes: the names of the labels.
    randomness: what the run that was cut off would have drawn next.
    """

    def __init__(
        self,
        run: RunFolder,
        config: TrainingConfig,
        classes: tuple[str, ...],
        randomness: Randomness | None = None,
    ) -> None:
        super().__init__(run, randomness)
        self._config = config
        self._classes = classes
        # Below any accuracy: a first epoch that gets nothing right is kept too.
        self._best = max((row["val_accuracy"] for row in run.history()), default=-1.0)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the averaged weights, which are in the model during validation."""
        accuracy = _accuracy(logs or {})
        if accuracy > self._best or self._config.keep == "last":
            self._best = accuracy
            save_model(self._plain("emotion", self._classes), self._classes, self._run.model)
            if "votes" in self.model.output_names:
                votes = self._plain("votes", FERPLUS_CLASSES)
                save_model(votes, FERPLUS_CLASSES, self._run.ferplus_model)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep figures and checkpoint; stop where patience is at its end.

        Raises DivergedError where the loss is not a number any more.
        """
        logs = logs or {}
        figures = {
            "loss": float(logs["loss"]),
            "accuracy": _accuracy(logs),
            "val_loss": float(logs["val_loss"]),
            "val_accuracy": _accuracy(logs, "val_"),
        }
        self.keep_epoch(epoch, figures)
        if out_of_patience(self._run.history(), self._config.patience):
            self.model.stop_training = True

    def _plain(self, head: str, classes: tuple[str, ...]) -> keras.Model:
        """Return the network with that head alone, in float32, of Keras's own layers."""
        config = self._config
        model = build(config.architecture, len(classes), dropout=config.dropout)
        # A network with one head calls it "emotion", whatever it answers.
        trained, targets = weighted_layers(self.model, head), weighted_layers(model, "emotion")
        for source, target in zip(trained, targets, strict=True):
            target.set_weights(source.get_weights())
        if config.rounding:
            round_kernels(model)
        return model


def out_of_patience(history: list[dict[str, float]], patience: int) -> bool:
    """Tell whether the last ``patience`` epochs have brought nothing; with 0 it is never so."""
    return patience > 0 and len(history) - best_epoch(history) >= patience


def _accuracy(logs: dict[str, float], prefix: str = "") -> float:
    """Return the accuracy of the labels, which Keras names by head where there are two."""
    two = f"{prefix}emotion_accuracy"
    return float(logs[two if two in logs else f"{prefix}accuracy"])
