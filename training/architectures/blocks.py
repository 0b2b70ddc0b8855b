"""What the networks of several families are put together from."""

from __future__ import annotations

import keras
from keras import layers


def centred(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return grey levels 0-255 near 0 with a spread near 1; FER2013 has mean 129, deviation 65."""
    return layers.Rescaling(1 / 64, offset=-2, name="scale")(image)


def head(features: keras.KerasTensor, outputs: int, name: str) -> keras.KerasTensor:
    """Return float32 logits (n, outputs): a dense layer called ``name`` on ``features``.

    Features that are still a picture, (n, height, width, channels), get a map for
    each output instead, whose mean is the logit (Lin et al. 2013, "Network in Network").
    """
    if len(features.shape) == 2:
        return layers.Dense(outputs, dtype="float32", name=name)(features)
    maps = layers.Conv2D(outputs, 3, padding="same", dtype="float32", name=f"{name}_maps")(features)
    return layers.GlobalAveragePooling2D(dtype="float32", name=name)(maps)


def convolution(
    x: keras.KerasTensor,
    channels: int,
    *,
    kernel: int | tuple[int, int] = 3,
    stride: int = 1,
    relu: bool = True,
) -> keras.KerasTensor:
    """Convolve, normalise by the batch and, with ``relu``, cut off what is negative."""
    if stride > 1 and isinstance(kernel, int) and kernel > 1:
        # Padding "same" with a stride pads unevenly, and shifts the picture by half a pixel.
        x = layers.ZeroPadding2D(kernel // 2)(x)
    padding = "same" if stride == 1 else "valid"
    x = layers.Conv2D(
        channels, kernel, strides=stride, padding=padding, use_bias=False,
        kernel_initializer="he_normal",
    )(x)  # fmt: skip
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


def residual_block(
    x: keras.KerasTensor, channels: int, *, stride: int = 1, excite: bool = True
) -> keras.KerasTensor:
    """Two 3x3 convolutions and a shortcut (He et al. 2015); ``excite`` weighs the channels."""
    shortcut = x
    if stride > 1 or x.shape[-1] != channels:
        shortcut = convolution(x, channels, kernel=1, stride=stride, relu=False)
    x = convolution(x, channels, stride=stride)
    x = convolution(x, channels, relu=False)
    if excite:
        x = squeeze_and_excite(x, channels)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def squeeze_and_excite(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Scale each channel by a number that all channels' means decide (Hu et al. 2018)."""
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Conv2D(channels // 8, 1, activation="relu")(weights)
    weights = layers.Conv2D(channels, 1, activation="sigmoid")(weights)
    return layers.Multiply()([x, weights])
