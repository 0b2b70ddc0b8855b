"""Training that knows how int8 rounds (Jacob et al. 2018).

A converted network keeps each tensor between its layers, and each kernel, in 256
steps. Here the same is done to a network in training, so that it learns to answer
alike with and without: forward the values are rounded, backward the gradient passes
as if they were not (Bengio et al. 2013, the "straight-through estimator").

A tensor's range is that of the batch at hand, as the converter takes it from the images
that it is shown. It has no weights, so a network has the same ones with rounding.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

# What an int8 kernel computes in one with the layer before, or passes on unchanged:
# their inputs are never stored as int8.
_FUSED = (
    layers.BatchNormalization,
    layers.ReLU,
    layers.Dropout,
    layers.ZeroPadding2D,
    layers.Rescaling,
)


def rounded_call(layer: keras.Layer, *inputs: Any, **options: Any) -> Any:
    """Call ``layer`` on its inputs as int8 would hold them, for ``keras.models.clone_model``."""
    if not isinstance(layer, _FUSED):
        inputs = keras.tree.map_structure(Rounded(), inputs)
    return layer(*inputs, **options)


class Rounded(layers.Layer):  # type: ignore[misc]
    """A tensor in 256 steps between its least and its greatest value, 0 always among them."""

    def call(self, inputs: Any) -> Any:
        """Return ``inputs`` (n, ...) rounded."""
        values = ops.cast(inputs, "float32")
        least = ops.minimum(ops.min(values), 0.0)
        step = ops.maximum((ops.max(values) - least) / 255, 1e-6)
        # Whole steps from 0, so that 0 stays exact: padding and ReLU need it.
        return _straight_through(inputs, ops.round(values / step) * step)


class RoundedConv2D(layers.Conv2D):  # type: ignore[misc]
    """A convolution whose kernel has 255 steps in each output channel, as converted."""

    @property
    def kernel(self) -> Any:
        """The kernel (height, width, inputs, outputs), rounded."""
        kernel = ops.convert_to_tensor(self._kernel)
        return _straight_through(kernel, _in_steps(kernel))


class RoundedDense(layers.Dense):  # type: ignore[misc]
    """A dense layer whose kernel has 255 steps in all, as converted."""

    @property
    def kernel(self) -> Any:
        """The kernel (inputs, outputs), rounded."""
        kernel = ops.convert_to_tensor(self._kernel)
        return _straight_through(kernel, _in_steps(kernel))


def round_kernels(model: keras.Model) -> None:
    """Give ``model`` the kernels that it has in int8: the converter will change them no more.

    Batch normalisation only scales a channel, and with it the channel's steps.
    """
    for layer in model.layers:
        if type(layer) in (layers.Conv2D, layers.Dense):
            kernel, *rest = layer.get_weights()
            layer.set_weights([ops.convert_to_numpy(_in_steps(kernel)), *rest])


def _in_steps(kernel: Any) -> Any:
    """Return a kernel rounded: by output channel where it is a convolution's."""
    channelwise = len(kernel.shape) == 4
    axes = (0, 1, 2) if channelwise else (0, 1)
    greatest = ops.max(ops.abs(kernel), axis=axes, keepdims=True)
    step = ops.maximum(greatest / 127, 1e-9)
    return ops.round(kernel / step) * step


def _straight_through(exact: Any, rounded: Any) -> Any:
    """Return ``rounded`` with the gradient of ``exact``."""
    return exact + ops.stop_gradient(ops.cast(rounded, exact.dtype) - exact)
