"""Train a network, and take the run up again where it was cut off."""

from __future__ import annotations

import logging
from typing import Any

import keras

from training.architectures import build
from training.batches import Batches
from training.config import TrainingConfig
from training.data import FERPLUS_LABELS, LABELS, Dataset
from training.fused import accelerate
from training.run_folder import RunFolder, write_json

log = logging.getLogger(__name__)


def train(config: TrainingConfig, dataset: Dataset, run: RunFolder) -> None:
    """Train as ``config`` says; leave model, history and metrics in ``run``.

    A run folder that holds a checkpoint is continued from it. The model that is
    kept is the one of the epoch with the best validation accuracy.
    """
    keras.utils.set_random_seed(config.seed)
    votes = len(FERPLUS_LABELS) if dataset.train.votes is not None else 0
    model = _network(config, votes)
    steps = len(dataset.train) // config.batch_size
    model.compile(
        optimizer=_optimizer(config, steps),
        loss=_losses(config, votes),
        loss_weights={"emotion": 1.0, "votes": config.votes_weight} if votes else None,
        weighted_metrics={"emotion": ["accuracy"]} if votes else ["accuracy"],
        jit_compile=False,
    )
    done = run.restore(model)
    keep = Keep(run, config, "emotion_accuracy" if votes else "accuracy")
    model.fit(
        Batches(
            dataset.train, len(LABELS), config.batch_size,
            augmentation=config.augmentation, seed=config.seed, epoch=done,
        ),
        validation_data=Batches(dataset.validation, len(LABELS), 512),
        initial_epoch=done,
        epochs=config.epochs,
        # Order matters: Keep reads the averaged weights before they are swapped out again.
        callbacks=[keep, keras.callbacks.SwapEMAWeights()],
        verbose=2,
    )  # fmt: skip


def _network(config: TrainingConfig, votes: int) -> keras.Model:
    """Build the network to train, computing in the configured precision."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        model = build(config.architecture, len(LABELS), dropout=config.dropout, votes=votes)
        return accelerate(model)
    finally:
        keras.mixed_precision.set_global_policy(before)


def _optimizer(config: TrainingConfig, steps: int) -> keras.optimizers.Optimizer:
    total = steps * config.epochs
    warmup = round(total * config.warmup)
    rate = keras.optimizers.schedules.CosineDecay(
        config.peak_rate / 20,
        decay_steps=total - warmup,
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


class Keep(keras.callbacks.Callback):  # type: ignore[misc]
    """After each epoch keep the figures, a checkpoint and, if it is the best so far, the model."""

    def __init__(self, run: RunFolder, config: TrainingConfig, metric: str) -> None:
        super().__init__()
        self._run = run
        self._config = config
        self._metric = metric
        self._best = max((row["val_accuracy"] for row in run.history()), default=0.0)
        self._best_epoch = 0

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the averaged weights, which are in the model during validation."""
        accuracy = float((logs or {})[self._metric])
        if accuracy > self._best:
            self._best = accuracy
            model = plain_copy(self.model, self._config)
            partial = self._run.folder / "partial.keras"
            model.save(partial)
            partial.replace(self._run.model)
            write_json(self._run.folder / "metrics.json", {"validation_accuracy": accuracy})

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep figures and checkpoint."""
        logs = logs or {}
        self._run.append_history(
            {
                "epoch": epoch + 1,
                "loss": float(logs["loss"]),
                "accuracy": float(logs[self._metric]),
                "val_loss": float(logs["val_loss"]),
                "val_accuracy": float(logs[f"val_{self._metric}"]),
                "learning_rate": float(self.model.optimizer.learning_rate),
            }
        )
        self._run.save_checkpoint(self.model, epoch + 1)


def plain_copy(trained: keras.Model, config: TrainingConfig) -> keras.Model:
    """Return the network in float32, of Keras's own layers, without the head of votes."""
    model = build(config.architecture, len(LABELS), dropout=config.dropout)
    weighted = [layer for layer in trained.layers if layer.weights and layer.name != "votes"]
    targets = [layer for layer in model.layers if layer.weights]
    for source, target in zip(weighted, targets, strict=True):
        target.set_weights(source.get_weights())
    return model
