"""Blocks of convolutions, then dense layers (Simonyan and Zisserman 2014)."""

from __future__ import annotations

import keras
from keras import layers

from training.architectures.blocks import centred, convolution


def vgg(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """Four blocks of two 3x3 convolutions and a pooling, then two dense layers.

    The plain network that most people begin with: two 3x3 convolutions see as far
    as a 5x5 one with fewer weights (Simonyan and Zisserman 2014), each pooling
    halves the picture, and each block doubles the channels. Batch normalisation
    lets it learn at a higher rate than in 2014. Half of its weights are in the
    first dense layer, which knows where in the picture each feature was; so
    dropout is strongest around it, and milder, at half its share, between blocks.

    Returns float features (n, 256).
    """
    x = centred(image)
    for channels in (32, 64, 128, 256):
        x = convolution(x, channels)
        x = convolution(x, channels)
        x = layers.MaxPooling2D()(x)  # 24x24x32, 12x12x64, 6x6x128, 3x3x256
        x = layers.Dropout(dropout / 2)(x)
    x = layers.Flatten()(x)  # 2304
    for units in (640, 256):
        x = layers.Dense(units, use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Dropout(dropout)(x)  # 640, then 256
    return x
