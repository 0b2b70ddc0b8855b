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
# The axes of each kind of kernel along which int8 has one scale: a convolution has one for each
# channel that it puts out, a dense layer one in all.
_WITHIN = {layers.Conv2D: (0, 1, 2), layers.DepthwiseConv2D: (0, 1), layers.Dense: (0, 1)}


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
        return _straight_through(kernel, _in_steps(kernel, _WITHIN[layers.Conv2D]))


class RoundedDepthwiseConv2D(layers.DepthwiseConv2D):  # type: ignore[misc]
    """A depthwise convolution whose kernel has 255 steps in each channel, as converted."""

    @property
    def kernel(self) -> Any:
        """The kernel (height, width, inputs, multiplier), rounded."""
        kernel = ops.convert_to_tensor(self._kernel)
        return _straight_through(kernel, _in_steps(kernel, _WITHIN[layers.DepthwiseConv2D]))

    @kernel.setter
    def kernel(self, variable: Any) -> None:
        self._kernel = variable


class RoundedDense(layers.Dense):  # type: ignore[misc]
    """A dense layer whose kernel has 255 steps in all, as converted."""

    @property
    def kernel(self) -> Any:
        """The kernel (inputs, outputs), rounded."""
        kernel = ops.convert_to_tensor(self._kernel)
        return _straight_through(kernel, _in_steps(kernel, _WITHIN[layers.Dense]))


# The layers with rounding in place of those without.
ROUNDED = {
    layers.Conv2D: RoundedConv2D,
    layers.DepthwiseConv2D: RoundedDepthwiseConv2D,
    layers.Dense: RoundedDense,
}


def round_kernels(model: keras.Model) -> None:
    """Give ``model`` the kernels that it has in int8: the converter will change them no more.

    Batch normalisation only scales a channel, and with it the channel's steps. Separable
    convolutions, which the converter takes apart, are left as they are.
    """
    for layer in model.layers:
        if type(layer) in ROUNDED:
            kernel, *rest = layer.get_weights()
            rounded = _in_steps(kernel, _WITHIN[type(layer)])
            layer.set_weights([ops.convert_to_numpy(rounded), *rest])


def _in_steps(kernel: Any, within: tuple[int, ...]) -> Any:
    """Return a kernel rounded, with one step along the axes ``within``."""
    greatest = ops.max(ops.abs(kernel), axis=within, keepdims=True)
    step = ops.maximum(greatest / 127, 1e-9)
    return ops.round(kernel / step) * step


def _straight_through(exact: Any, rounded: Any) -> Any:
    """Return ``rounded`` with the gradient of ``exact``."""
    return exact + ops.stop_gradient(ops.cast(rounded, exact.dtype) - exact)
