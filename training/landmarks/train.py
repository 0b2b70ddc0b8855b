"""Train the network of landmarks, and take the run up again where it was cut off."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import keras

from device.model_file import LANDMARKS
from training.errors import DivergedError
from training.event_log import EventLog
from training.fused import accelerate
from training.interrupt import Interrupt
from training.keras_file import save_model
from training.keypoints import Keypoints
from training.landmarks.batches import Batches
from training.landmarks.config import LandmarksConfig
from training.landmarks.loss import Error, MapLoss
from training.landmarks.network import CELL, build
from training.landmarks.start import begin_with
from training.optimizer import NOT_DECAYING, one_cycle
from training.progress import History, Progress
from training.quiet import quiet_stderr
from training.randomness import Randomness
from training.rounding import round_kernels
from training.run_folder import RunFolder


def train(
    config: LandmarksConfig,
    learned: Keypoints,
    selecting: Keypoints,
    run: RunFolder,
    *,
    start: Path | None = None,
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    A run folder that holds a checkpoint is continued from it. The model that is kept is that of
    the epoch with the least error on ``selecting``.

    start: a ``.keras`` file whose weights the run begins with.

    Raises ConfigError for a ``start`` that does not fit, DivergedError where the loss is no
    number any more.
    """
    done = run.checkpoints.epoch()
    run.truncate_history(done)
    if done >= config.epochs:
        return
    with quiet_stderr():  # on any backend this imports TensorFlow, where it is installed
        keras.utils.set_random_seed(config.seed)
    batches = Batches(
        learned, config.batch_size, augmentation=config.augmentation,
        no_faces=config.no_faces, seed=config.seed, epoch=done,
    )  # fmt: skip
    model = _compiled(config, len(learned.names), len(batches))
    randomness = run.checkpoints.restore(model) if done else None
    if start is not None and not done:
        begin_with(start, model, learned.names)
    keep = Keep(run, config, learned.names, randomness)
    with closing(EventLog(run, first_epoch=done + 1)) as events, Interrupt() as interrupt:
        model.fit(
            batches,
            validation_data=Batches(selecting, 256),
            initial_epoch=done,
            epochs=config.epochs,
            # In this order, as in training a classifier: the averaged weights are kept before
            # they are swapped out, and the two after it read the row that Keep has written.
            callbacks=[
                keep,
                keras.callbacks.SwapEMAWeights(),
                Progress(run, config.epochs, epoch_line),
                events,
                interrupt,
            ],
            verbose=0,
        )


def best_epoch(history: History) -> int:
    """Return the first epoch (from 1) with the least validation error; 0 for none."""
    if not history:
        return 0
    return int(min(history, key=lambda row: row["val_error_px"])["epoch"])


def epoch_line(history: History, epochs: int) -> str:
    """Return the line for the last epoch in ``history``, which is not empty."""
    row = history[-1]
    best = best_epoch(history)
    return (
        f"epoch {int(row['epoch']):{len(str(epochs))}d}/{epochs}"
        f"  loss {row['loss']:.3f} (validation {row['val_loss']:.3f})"
        f"  error {row['error_px']:5.2f} px (validation {row['val_error_px']:5.2f},"
        f" best {history[best - 1]['val_error_px']:5.2f} in epoch {best})"
    )


def _compiled(config: LandmarksConfig, points: int, steps: int) -> keras.Model:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        model = accelerate(build(points), rounding=config.rounding)
    finally:
        keras.mixed_precision.set_global_policy(before)
    optimizer = keras.optimizers.AdamW(
        one_cycle(config.peak_rate, config.warmup, steps * config.epochs),
        weight_decay=config.weight_decay, use_ema=True, ema_momentum=config.ema_momentum,
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYING)
    model.compile(
        optimizer=optimizer,
        loss=MapLoss(config.spread, config.place_weight, CELL),
        metrics=[Error(CELL)],
        jit_compile=False,
    )
    return model


class Keep(keras.callbacks.Callback):  # type: ignore[misc]
    """After each epoch keep the figures, a checkpoint and, if it is the best so far, the model.

    names: of the points.
    randomness: what the run that was cut off would have drawn next.
    """

    def __init__(
        self,
        run: RunFolder,
        config: LandmarksConfig,
        names: tuple[str, ...],
        randomness: Randomness | None = None,
    ) -> None:
        super().__init__()
        self._run = run
        self._config = config
        self._names = names
        self._randomness = randomness
        self._best = min((row["val_error_px"] for row in run.history()), default=math.inf)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Before the first epoch after a resumption, put the random generators back."""
        if self._randomness is not None:
            self._randomness.put_back(self.model)
            self._randomness = None

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the averaged weights, which are in the model during validation."""
        error = float((logs or {})["error_px"])
        if error < self._best:
            self._best = error
            save_model(self._plain(), self._names, self._run.model, LANDMARKS)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep figures and checkpoint.

        Raises DivergedError where the loss is not a number any more.
        """
        logs = logs or {}
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss} in epoch {epoch + 1}: "
                "use a lower peak_rate, and another run folder"
            )
        names = ("loss", "error_px", "val_loss", "val_error_px")
        row = {name: float(logs[name]) for name in names}
        rate = float(self.model.optimizer.learning_rate)
        self._run.append_history({"epoch": epoch + 1, **row, "learning_rate": rate})
        self._run.checkpoints.save(self.model, epoch + 1)

    def _plain(self) -> keras.Model:
        """Return the network in float32, of Keras's own layers."""
        model = build(len(self._names))
        model.set_weights(self.model.get_weights())
        if self._config.rounding:
            round_kernels(model)
        return model
