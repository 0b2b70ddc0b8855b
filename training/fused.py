"""Layers that PyTorch's own kernels compute faster than Keras has them do it.

Keras computes batch normalisation from several elementary operations in float32.
On two cores a network of 56 M MACs trained on 570 to 630 images a second that way,
and on 906 with PyTorch's own kernel. And Keras 3.15 copies what goes into a
convolution twice, to one order in memory and back: without that a step of the
network of masks takes a sixth less. Other backends use Keras's layers.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from training.quiet import quiet_stderr
from training.rounding import ROUNDED, rounded_call


def accelerate(
    model: keras.Model,
    policy: str | None = None,
    *,
    rounding: bool = False,
    shared_statistics: bool = False,
) -> keras.Model:
    """Return a copy of ``model`` that computes faster on the backend in use.

    Results are the same, and so are the weights and their order. The copy is not
    to be saved: it would need this module to be loaded again.

    policy: a precision for the layers in place of their own, such as
        "mixed_bfloat16"; the last layer keeps its own.
    rounding: compute as int8 will; results are then not quite the same.
    shared_statistics: where several replicas share a batch, normalise by the whole of it;
        on the TensorFlow backend alone.
    """
    kinds: dict[type, type[keras.Layer]] = dict(ROUNDED) if rounding else {}
    if keras.backend.backend() == "torch":
        kinds[layers.BatchNormalization] = TorchBatchNormalization
        kinds.setdefault(layers.Conv2D, TorchConv2D)
    if shared_statistics:
        from training.distribution.normalisation import SharedBatchNormalization

        kinds[layers.BatchNormalization] = SharedBatchNormalization

    def replace(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if policy is not None and layer is not model.layers[-1]:
            config["dtype"] = policy
        return kinds.get(type(layer), type(layer)).from_config(config)

    with quiet_stderr():  # the first look at a layer's configuration imports TensorFlow
        copy = keras.models.clone_model(
            model, clone_function=replace, call_function=rounded_call if rounding else None
        )
    copy.set_weights(model.get_weights())
    return copy


class TorchBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras's layer, computed by PyTorch's kernel."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``inputs`` (n, ..., channels) by their own statistics in training."""
        from torch.nn.functional import batch_norm

        outputs = batch_norm(
            inputs.movedim(-1, 1),
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            training=bool(training and self.trainable),
            momentum=1 - self.momentum,
            eps=self.epsilon,
        )
        return outputs.movedim(1, -1)


class TorchConv2D(layers.Conv2D):  # type: ignore[misc]
    """Keras's layer, whose pictures stay where they are in memory."""

    def call(self, inputs: Any) -> Any:
        """Convolve ``inputs`` (n, height, width, channels)."""
        padding = self._padding()
        if padding is None:
            return super().call(inputs)
        from torch.nn.functional import conv2d

        outputs = conv2d(
            inputs.movedim(-1, 1),  # a view, in an order that PyTorch knows by itself
            ops.convert_to_tensor(self.kernel).permute(3, 2, 0, 1),
            ops.convert_to_tensor(self.bias) if self.use_bias else None,
            stride=self.strides,
            padding=padding,
            dilation=self.dilation_rate,
            groups=self.groups,
        )
        return self.activation(outputs.movedim(1, -1))

    def _padding(self) -> tuple[int, ...] | None:
        """Return how many zeros go round a picture; None where not as many on each side."""
        if self.padding == "valid":
            return (0, 0)
        if self.padding != "same" or any(stride != 1 for stride in self.strides):
            return None
        sizes = zip(self.kernel_size, self.dilation_rate, strict=True)
        around = [(size - 1) * rate for size, rate in sizes]
        return None if any(n % 2 for n in around) else tuple(n // 2 for n in around)
