"""Train the network that marks faces, and take the run up again where it was cut off."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import keras

from device.errors import ConfigError
from device.model_file import MASK
from training.errors import DivergedError
from training.event_log import EventLog
from training.fused import accelerate
from training.interrupt import Interrupt
from training.keras_file import save_model
from training.keypoints import Keypoints
from training.mask.batches import Batches
from training.mask.config import MaskConfig
from training.mask.loss import MaskLoss, Overlap
from training.mask.network import build, load_mask
from training.optimizer import NOT_DECAYING, one_cycle
from training.progress import History, Progress
from training.quiet import quiet_stderr
from training.randomness import Randomness
from training.rounding import round_kernels
from training.run_folder import RunFolder

LABELS = ("face",)


def train(
    config: MaskConfig,
    learned: Keypoints,
    selecting: Keypoints,
    run: RunFolder,
    *,
    start: Path | None = None,
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    A run folder that holds a checkpoint is continued from it. The model that is kept is that of
    the epoch with the greatest overlap on ``selecting``.

    start: a ``.keras`` file whose weights the run begins with.

    Raises DivergedError where the loss is no number any more, ConfigError for another network
    in ``start``.
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
    model = _compiled(config, len(batches))
    randomness = run.checkpoints.restore(model) if done else None
    if start is not None and not done:
        _begin(model, start)
    keep = Keep(run, config, randomness)
    with closing(EventLog(run, first_epoch=done + 1)) as events, Interrupt() as interrupt:
        model.fit(
            batches,
            validation_data=Batches(selecting, 64),
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


def _begin(model: keras.Model, start: Path) -> None:
    try:
        model.set_weights(load_mask(start).get_weights())
    except ValueError as error:
        raise ConfigError(f"--start-from {start}: a mask of another architecture") from error


def best_epoch(history: History) -> int:
    """Return the first epoch (from 1) with the greatest validation overlap; 0 for none."""
    if not history:
        return 0
    return int(max(history, key=lambda row: row["val_iou"])["epoch"])


def epoch_line(history: History, epochs: int) -> str:
    """Return the line for the last epoch in ``history``, which is not empty."""
    row = history[-1]
    best = best_epoch(history)
    return (
        f"epoch {int(row['epoch']):{len(str(epochs))}d}/{epochs}"
        f"  loss {row['loss']:.3f} (validation {row['val_loss']:.3f})"
        f"  IoU {row['iou']:.4f} (validation {row['val_iou']:.4f},"
        f" best {history[best - 1]['val_iou']:.4f} in epoch {best})"
    )


def _compiled(config: MaskConfig, steps: int) -> keras.Model:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        model = accelerate(build(), rounding=config.rounding)
    finally:
        keras.mixed_precision.set_global_policy(before)
    optimizer = keras.optimizers.AdamW(
        one_cycle(config.peak_rate, config.warmup, steps * config.epochs),
        weight_decay=config.weight_decay, use_ema=True, ema_momentum=config.ema_momentum,
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYING)
    model.compile(
        optimizer=optimizer,
        loss=MaskLoss(config.dice_weight),
        metrics=[Overlap()],
        jit_compile=False,
    )
    return model


class Keep(keras.callbacks.Callback):  # type: ignore[misc]
    """After each epoch keep the figures, a checkpoint and, if it is the best so far, the model.

    randomness: what the run that was cut off would have drawn next.
    """

    def __init__(
        self, run: RunFolder, config: MaskConfig, randomness: Randomness | None = None
    ) -> None:
        super().__init__()
        self._run = run
        self._config = config
        self._randomness = randomness
        # Below any overlap: a first epoch that marks nothing is kept too.
        self._best = max((row["val_iou"] for row in run.history()), default=-1.0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Before the first epoch after a resumption, put the random generators back."""
        if self._randomness is not None:
            self._randomness.put_back(self.model)
            self._randomness = None

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the averaged weights, which are in the model during validation."""
        overlap = float((logs or {})["iou"])
        if overlap > self._best:
            self._best = overlap
            save_model(self._plain(), LABELS, self._run.model, MASK)

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
        row = {name: float(logs[name]) for name in ("loss", "iou", "val_loss", "val_iou")}
        rate = float(self.model.optimizer.learning_rate)
        self._run.append_history({"epoch": epoch + 1, **row, "learning_rate": rate})
        self._run.checkpoints.save(self.model, epoch + 1)

    def _plain(self) -> keras.Model:
        """Return the network in float32, of Keras's own layers."""
        model = build()
        model.set_weights(self.model.get_weights())
        if self._config.rounding:
            round_kernels(model)
        return model
