"""Train a network, and take the run up again where it was cut off."""

from __future__ import annotations

from typing import Any

import keras

from training.architectures import build
from training.batches import Batches
from training.config import TrainingConfig
from training.data import Dataset
from training.event_log import EventLog
from training.fused import accelerate
from training.keep import Keep, out_of_patience
from training.labels import FERPLUS_LABELS
from training.progress import Progress
from training.quiet import quiet_stderr
from training.run_folder import RunFolder
from training.teachers import Teachers


def train(
    config: TrainingConfig, dataset: Dataset, run: RunFolder, teachers: Teachers | None = None
) -> None:
    """Train as ``config`` says; leave model and history in ``run``.

    A run folder that holds a checkpoint is continued from it, and ends as if it
    had not been cut off. The model that is kept is the one of the epoch with the
    best validation accuracy.

    Raises DataError where there is nothing to train on or to select by,
    DivergedError where the loss is no number any more.
    """
    training, validation = dataset.split("train"), dataset.split("validation")
    done = run.checkpoints.epoch()
    run.truncate_history(done)
    if done >= config.epochs or out_of_patience(run.history(), config.patience):
        return
    with quiet_stderr():  # on any backend this imports TensorFlow, where it is installed
        keras.utils.set_random_seed(config.seed)
    classes = len(dataset.classes)
    votes = len(FERPLUS_LABELS) if training.votes is not None else 0
    model = _compiled(config, classes, votes, steps=max(1, len(training) // config.batch_size))
    randomness = run.checkpoints.restore(model) if done else None
    keep = Keep(run, config, dataset.classes, randomness)
    events = EventLog(run, first_epoch=done + 1)
    try:
        model.fit(
            Batches(
                training, classes, config.batch_size,
                augmentation=config.augmentation, votes_share=config.votes_share,
                teachers=teachers, teacher_share=config.teacher_share,
                seed=config.seed, epoch=done,
            ),
            validation_data=Batches(validation, classes, 512),
            initial_epoch=done,
            epochs=config.epochs,
            # Order matters: Keep reads the averaged weights before they are swapped
            # out again, and the two after it read the row that it adds to the history.
            callbacks=[
                keep,
                keras.callbacks.SwapEMAWeights(),
                Progress(run, config.epochs),
                events,
            ],
            verbose=0,
        )  # fmt: skip
    finally:
        events.close()


def _compiled(config: TrainingConfig, classes: int, votes: int, steps: int) -> keras.Model:
    """Build the network to train, computing in the configured precision, and compile it."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        model = build(config.architecture, classes, dropout=config.dropout, votes=votes)
        model = accelerate(model)
    finally:
        keras.mixed_precision.set_global_policy(before)
    model.compile(
        optimizer=_optimizer(config, steps),
        loss=_losses(config, votes),
        loss_weights={"emotion": 1.0, "votes": config.votes_weight} if votes else None,
        weighted_metrics={"emotion": ["accuracy"]} if votes else ["accuracy"],
        jit_compile=False,
    )
    return model


def _optimizer(config: TrainingConfig, steps: int) -> keras.optimizers.Optimizer:
    total = steps * config.epochs
    warmup = round(total * config.warmup)
    rate = keras.optimizers.schedules.CosineDecay(
        config.peak_rate / 20,
        decay_steps=max(1, total - warmup),
        warmup_target=config.peak_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.SGD(
        rate,
        momentum=config.momentum,
        nesterov=True,
        weight_decay=config.weight_decay,
        use_ema=True,
        ema_momentum=config.ema_momentum,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def _losses(config: TrainingConfig, votes: int) -> Any:
    emotion = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=config.label_smoothing
    )
    if not votes:
        return emotion
    return {"emotion": emotion, "votes": keras.losses.CategoricalCrossentropy(from_logits=True)}
