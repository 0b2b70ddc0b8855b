"""Train a network that learns from faces with points, whatever it makes of them.

The run is taken up again where it was cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from training.event_log import EventLog
from training.face_batches import FaceBatches
from training.fused import accelerate
from training.interrupt import Interrupt
from training.kept_epochs import KeptEpochs
from training.keras_file import save_model
from training.keypoints import Keypoints
from training.landmarks.config import LandmarksConfig
from training.mask.config import MaskConfig
from training.optimizer import NOT_DECAYING, one_cycle
from training.progress import History, Progress, Selecting
from training.quiet import quiet_stderr
from training.randomness import Randomness
from training.rounding import round_kernels
from training.run_folder import RunFolder

_VALIDATION_BATCH = 64


@dataclass(frozen=True)
class Task:
    """What is learned.

    kind: of the network, out of ``device.model_file``. labels: of its outputs.
    build: makes it, in float32, of Keras's own layers.
    begin: gives it the weights of the ``.keras`` file of another one.
    batches: what it is shown. loss, metric: what it learns by, and is measured by meanwhile.
    selecting: which figure selects the epoch, that of ``metric``.
    line: what is told of the last epoch of a history, given how many there will be.
    """

    kind: str
    labels: tuple[str, ...]
    build: Callable[[], keras.Model]
    begin: Callable[[Path, keras.Model], None]
    batches: type[FaceBatches]
    loss: keras.losses.Loss
    metric: keras.metrics.Metric
    selecting: Selecting
    line: Callable[[History, int], str]


def train(
    task: Task,
    config: LandmarksConfig | MaskConfig,
    learned: Keypoints,
    selecting: Keypoints,
    run: RunFolder,
    start: Path | None,
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    A run folder that holds a checkpoint is continued from it. The model that is kept is that of
    the epoch that is best on ``selecting``.

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
    batches = task.batches(
        learned, config.batch_size, augmentation=config.augmentation,
        no_faces=config.no_faces, seed=config.seed, epoch=done,
    )  # fmt: skip
    model = _compiled(task, config, len(batches))
    randomness = run.checkpoints.restore(model) if done else None
    if start is not None and not done:
        task.begin(start, model)
    with closing(EventLog(run, first_epoch=done + 1)) as events, Interrupt() as interrupt:
        model.fit(
            batches,
            validation_data=task.batches(selecting, _VALIDATION_BATCH),
            initial_epoch=done,
            epochs=config.epochs,
            # In this order, as in training a classifier: the averaged weights are kept before
            # they are swapped out, and the two after it read the row that Keep has written.
            callbacks=[
                Keep(run, task, rounding=config.rounding, randomness=randomness),
                keras.callbacks.SwapEMAWeights(),
                Progress(run, config.epochs, task.line),
                events,
                interrupt,
            ],
            verbose=0,
        )


def _compiled(task: Task, config: LandmarksConfig | MaskConfig, steps: int) -> keras.Model:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        model = accelerate(task.build(), rounding=config.rounding)
    finally:
        keras.mixed_precision.set_global_policy(before)
    optimizer = keras.optimizers.AdamW(
        one_cycle(config.peak_rate, config.warmup, steps * config.epochs),
        weight_decay=config.weight_decay, use_ema=True, ema_momentum=config.ema_momentum,
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYING)
    model.compile(optimizer=optimizer, loss=task.loss, metrics=[task.metric], jit_compile=False)
    return model


class Keep(KeptEpochs):
    """After each epoch keep the figures, a checkpoint and, if it is the best so far, the model.

    rounding: whether it is kept with the kernels that int8 has.
    """

    def __init__(
        self,
        run: RunFolder,
        task: Task,
        *,
        rounding: bool = False,
        randomness: Randomness | None = None,
    ) -> None:
        super().__init__(run, randomness)
        self._task = task
        self._rounding = rounding
        self._best = task.selecting.best(run.history())

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the averaged weights, which are in the model during validation."""
        value = float((logs or {})[self._task.selecting.name])
        if self._task.selecting.better(value, self._best):
            self._best = value
            save_model(self._plain(), self._task.labels, self._run.model, self._task.kind)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep figures and checkpoint.

        Raises DivergedError where the loss is not a number any more.
        """
        name = self._task.selecting.name
        names = ("loss", name, "val_loss", f"val_{name}")
        self.keep_epoch(epoch, {name: float((logs or {})[name]) for name in names})

    def _plain(self) -> keras.Model:
        """Return the network in float32, of Keras's own layers."""
        model = self._task.build()
        model.set_weights(self.model.get_weights())
        if self._rounding:
            round_kernels(model)
        return model
