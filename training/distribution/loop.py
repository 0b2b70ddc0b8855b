"""The training loop for several replicas.

Keras's own ``fit`` ends with an error under ``MultiWorkerMirroredStrategy`` (Keras 3.15: it
cannot make its first batch out of the workers' parts, and reduces each step's figures between
machines). Its training step, optimizer, metrics and callbacks do work there: this is the loop
around them, which calls callbacks in the order in which ``fit`` does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import keras

from device.errors import ConfigError
from training.batches import VALIDATION_BATCH, Batches
from training.data import Dataset, Split
from training.distribution.group import Group
from training.distribution.normalisation import mean_over_replicas

# Batches that are made while the replicas compute.
_AHEAD = 8


def fit_together(
    model: keras.Model,
    group: Group,
    batches: Batches,
    validation: Batches,
    *,
    first_epoch: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Train ``model``, made and compiled in the group's scope, from ``first_epoch`` on.

    first_epoch: counted from 0.

    To be called within the group's ``guard``: another process may be lost at any step.
    """
    _prepare(model, group, batches)
    learn, measure = _on_replicas(group, model.train_step), _on_replicas(group, model.test_step)
    agree = _on_replicas(group, lambda: _agree(model))
    called = keras.callbacks.CallbackList(
        list(callbacks), model=model, epochs=epochs, steps=len(batches), verbose=0
    )
    model.stop_training = False
    called.on_train_begin()
    for epoch in range(first_epoch, epochs):
        called.on_epoch_begin(epoch)
        if epoch == first_epoch:  # the checkpoint's generators have been put back by now
            group.spread(model)
        model.reset_metrics()
        for step, batch in enumerate(_ahead(batches)):
            called.on_train_batch_begin(step)
            learn(group.shares(batch))
            called.on_train_batch_end(step, {})
        logs = _figures(model)
        batches.on_epoch_end()
        agree()
        called.on_test_begin()
        model.reset_metrics()
        for step, batch in enumerate(_ahead(validation)):
            called.on_test_batch_begin(step)
            measure(group.shares(batch))
            called.on_test_batch_end(step, {})
        measured = _figures(model)
        called.on_test_end(measured)
        called.on_epoch_end(epoch, logs | {f"val_{name}": v for name, v in measured.items()})
        if model.stop_training:
            break
    called.on_train_end()


def check_sizes(group: Group, batch_size: int, dataset: Dataset) -> None:
    """Raise ConfigError where there are too few images to share."""
    training, validation = dataset.train, dataset.validation
    if len(training) < batch_size:
        raise ConfigError(
            f"the train split has {len(training):,} images, and a step of all replicas takes "
            f"{batch_size:,}: give a smaller --batch-size"
        )
    if len(validation) < group.replicas:
        raise ConfigError(
            f"{len(validation)} validation images cannot be shared by {group.replicas} replicas: "
            "use fewer"
        )


def validation_shares(group: Group, split: Split, classes: int) -> Batches:
    """Return this process's part of what is measured, in which no replica is ever left without."""
    size = max(VALIDATION_BATCH, 2 * group.replicas)
    while 0 < len(split) % size < group.replicas:
        size -= 1
    return Batches(split, classes, size, part=(group.part, group.parts))


def _prepare(model: keras.Model, group: Group, batches: Batches) -> None:
    """Make the variables of metrics and optimizer, which no replica may make by itself."""
    batch = keras.tree.map_structure(lambda array: array[:1], batches[0])
    with group.scope():
        # Keras does this in fit, and has no other name for it.
        model._symbolic_build(data_batch=batch)


def _on_replicas(group: Group, step: Any) -> Any:
    """Return what has each replica do ``step``, each on its own share of what it is given."""
    import tensorflow

    def one(*share: Any) -> None:
        step(*share)

    @tensorflow.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def run(*shares: Any) -> None:
        group.strategy.run(one, args=shares)

    return run


def _agree(model: keras.Model) -> None:
    """Give each replica's normalisation the mean of what all have seen so far.

    Else what is measured would not be quite the chief's network, which is kept.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for seen in (layer.moving_mean, layer.moving_variance):
                seen.assign(mean_over_replicas(seen.value.read_value()))


def _figures(model: keras.Model) -> dict[str, float]:
    """Return the metrics over what all replicas have seen since they were reset."""
    return {name: float(value) for name, value in model.get_metrics_result().items()}


def _ahead(batches: Batches) -> Iterator[Any]:
    """Yield the batches of an epoch, some of them made ahead by another thread."""
    made: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        try:
            for index in range(len(batches)):
                made.append(pool.submit(batches.__getitem__, index))
                if len(made) > _AHEAD:
                    yield made.popleft().result()
            while made:
                yield made.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
