"""Train a network, and take the run up again where it was cut off."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from device.errors import ConfigError
from training.architectures import build
from training.batches import VALIDATION_BATCH, Batches
from training.config import TrainingConfig
from training.data import Dataset, Split
from training.distribution.group import Group
from training.distribution.loop import fit_together, validation_shares
from training.event_log import EventLog
from training.fused import accelerate
from training.interrupt import Interrupt
from training.keep import Keep, out_of_patience
from training.labels import FERPLUS_LABELS, SIDE
from training.optimizer import optimizer_for
from training.pretrained import begin_with, begin_with_model, weights_file
from training.progress import Progress
from training.quiet import quiet_stderr
from training.run_folder import RunFolder
from training.teachers import Teachers
from training.votes import told_by_votes_too


def train(
    config: TrainingConfig,
    dataset: Dataset,
    run: RunFolder,
    *,
    teachers: Teachers | None = None,
    start: Path | None = None,
    group: Group | None = None,
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    A run folder that holds a checkpoint is continued from it, and ends as if it
    had not been cut off. The model that is kept is the one of the epoch with the
    best validation accuracy.

    start: a ``.keras`` file whose weights the run begins with.
    group: the replicas that train together, once they are set up; each process calls this,
        and the chief's ``run`` is the one that stays.

    Raises DataError where there is nothing to train on or to select by, ConfigError for
    settings or a ``start`` that do not fit, DivergedError where the loss is no number any more.
    """
    training, validation = dataset.split("train"), dataset.split("validation")
    done = run.checkpoints.epoch()
    run.truncate_history(done)
    if done >= config.epochs or out_of_patience(run.history(), config.patience):
        return
    with quiet_stderr():  # on any backend this imports TensorFlow, where it is installed
        keras.utils.set_random_seed(config.seed)
    classes = len(dataset.classes)
    # Before the teachers are asked: a class that is not there should not cost that time.
    weights = _weights(config, dataset.classes)
    votes = len(FERPLUS_LABELS) if training.votes is not None else 0
    steps = max(1, len(training) // config.batch_size)
    with nullcontext() if group is None else group.scope():
        model = compiled(
            config, classes, votes, steps,
            shared_statistics=group is not None and group.shared_statistics,
        )  # fmt: skip
        randomness = run.checkpoints.restore(model) if done else None
    if not done:
        _begin(config, model, dataset.classes, start)
    taught = None if teachers is None else _taught(config, teachers, training)
    batches = Batches(
        training, classes, config.batch_size,
        augmentation=config.augmentation, votes_share=config.votes_share,
        votes_epochs=round(config.epochs * config.votes_until),
        mixup=config.mixup, weights=weights,
        taught=taught, taught_share=config.teacher_share,
        seed=config.seed, epoch=done, part=None if group is None else (group.part, group.parts),
    )  # fmt: skip
    with closing(EventLog(run, first_epoch=done + 1)) as events, Interrupt() as interrupt:
        # Order matters: Keep reads the averaged weights before they are swapped
        # out again, and the two after it read the row that it adds to the history.
        callbacks = [
            Keep(run, config, dataset.classes, randomness),
            keras.callbacks.SwapEMAWeights(),
            *([Progress(run, config.epochs)] if group is None or group.chief else []),
            events,
            interrupt,
        ]
        if group is None:
            model.fit(
                batches,
                validation_data=Batches(validation, classes, VALIDATION_BATCH),
                initial_epoch=done,
                epochs=config.epochs,
                callbacks=callbacks,
                verbose=0,
            )
        else:
            measured = validation_shares(group, validation, classes)
            with group.guard():
                fit_together(
                    model, group, batches, measured,
                    first_epoch=done, epochs=config.epochs, callbacks=callbacks,
                )  # fmt: skip


def _taught(config: TrainingConfig, teachers: Teachers, training: Split) -> npt.NDArray[np.float32]:
    """Return float32 (n, classes): what the student is told of each image by its teachers."""
    taught = teachers.probabilities(training.images)
    if training.votes is None or not config.teacher_votes:
        return taught
    return told_by_votes_too(taught, training.votes, training.labels, config.teacher_votes)


def _weights(config: TrainingConfig, classes: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Return float32 (classes,): the weight of each in the loss.

    Raises ConfigError for a class that is not learned.
    """
    unknown = sorted(set(config.class_weights) - set(classes))
    if unknown:
        raise ConfigError(
            f"class_weights: {', '.join(unknown)}: not learned: use {', '.join(classes)}"
        )
    return np.array([config.class_weights.get(name, 1.0) for name in classes], np.float32)


def _begin(
    config: TrainingConfig, model: keras.Model, classes: tuple[str, ...], start: Path | None
) -> None:
    """Give ``model`` the weights that the run begins with, where there are any."""
    if start is not None:
        begin_with_model(start, model, classes)
        return
    learned_elsewhere = weights_file(config)
    if learned_elsewhere is not None:
        begin_with(learned_elsewhere, model)


def compiled(
    config: TrainingConfig,
    classes: int,
    votes: int,
    steps: int,
    rate: Any = None,
    side: int = SIDE,
    *,
    shared_statistics: bool = False,
) -> keras.Model:
    """Build the network to train, computing in the configured precision, and compile it.

    rate: a schedule of Keras's in place of the one of ``config``.
    side: of the pictures, in pixels.
    shared_statistics: as in ``accelerate``.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        model = build(
            config.architecture, classes,
            dropout=config.dropout, votes=votes, for_training=True, side=side,
        )  # fmt: skip
        model = accelerate(model, rounding=config.rounding, shared_statistics=shared_statistics)
    finally:
        keras.mixed_precision.set_global_policy(before)
    model.compile(
        optimizer=optimizer_for(config, steps, rate),
        loss=_losses(config, votes),
        loss_weights={"emotion": 1.0, "votes": config.votes_weight} if votes else None,
        weighted_metrics={"emotion": ["accuracy"]} if votes else ["accuracy"],
        jit_compile=False,
    )
    return model


def _losses(config: TrainingConfig, votes: int) -> Any:
    emotion = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=config.label_smoothing
    )
    if not votes:
        return emotion
    return {"emotion": emotion, "votes": keras.losses.CategoricalCrossentropy(from_logits=True)}
