"""Batch normalisation in one kernel on the PyTorch backend.

Keras computes it from several elementary operations in float32. On two cores a
network of 56 M MACs trained on 570 to 630 images a second that way, and on 906
with PyTorch's own kernel. Other backends use Keras's layer.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


def accelerate(model: keras.Model) -> keras.Model:
    """Return a copy of ``model`` that trains faster on the backend in use.

    Results are the same, and so is the order of the weights. The copy is for
    training only: saved, it would need this module to be loaded again.
    """
    if keras.backend.backend() != "torch":
        return model
    return keras.models.clone_model(model, clone_function=_replace)


def _replace(layer: keras.Layer) -> keras.Layer:
    replaced = type(layer) is layers.BatchNormalization
    target = TorchBatchNormalization if replaced else type(layer)
    return target.from_config(layer.get_config())


class TorchBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras's layer, its training step computed by PyTorch's kernel."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``inputs`` (n, ..., channels) by their own statistics in training."""
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        from torch.nn.functional import batch_norm

        outputs = batch_norm(
            inputs.movedim(-1, 1),
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            training=True,
            momentum=1 - self.momentum,
            eps=self.epsilon,
        )
        return outputs.movedim(1, -1)
