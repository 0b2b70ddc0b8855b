"""Separable convolutions with shortcuts (Arriaga et al. 2017)."""

from __future__ import annotations

import keras
from keras import layers

from training.architectures.blocks import centred


def mini_xception(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """Two convolutions, four blocks of separable ones with shortcuts, and maps that are averaged.

    As published by Arriaga et al. 2017, "Real-time Convolutional Neural Networks for
    Emotion and Gender Classification", for whoever wants to compare: 58,423 weights
    with seven classes. A separable convolution looks at each channel by itself and
    mixes the channels afterwards (Chollet 2016, "Xception"), which takes about an
    eighth of the weights of a 3x3 convolution. The last layer has one map for each
    class in place of dense layers.

    What differs: the picture is 48x48 and not 64x64, which changes no weight; their
    penalty on weights is the optimizer's decay; there is no dropout in the
    original, and none here unless it is set.

    Returns float features (n, 3, 3, 128).
    """
    x = centred(image)
    for _ in range(2):
        x = layers.Conv2D(8, 3, use_bias=False)(x)  # 46x46x8, then 44x44x8
        x = layers.ReLU()(layers.BatchNormalization()(x))
    for channels in (16, 32, 64, 128):
        x = _block(x, channels)  # 22x22x16, 11x11x32, 6x6x64, 3x3x128
    return layers.Dropout(dropout)(x) if dropout else x


def _block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Halve the picture: two separable convolutions and a pooling, beside a shortcut."""
    # Padding "same" is uneven at a stride; both branches have it alike, as published.
    shortcut = layers.Conv2D(channels, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = layers.SeparableConv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Add()([x, shortcut])
