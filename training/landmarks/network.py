"""A small network that says for each of 15 points where on a face it lies, and whether."""

from __future__ import annotations

import inspect

import keras
from keras import layers

from training.architectures.blocks import centred, convolution, residual_block
from training.describe import multiply_adds

SIDE = 96
# The maps have a cell for each CELL x CELL pixels of the picture.
CELL = 4


def build(points: int) -> keras.Model:
    """Build the network: (n, 96, 96, 1) grey levels 0-255 to maps, float32 (n, 24, 24, points).

    A map holds logits: how much speaks for a point lying in each cell, where 0 speaks for its
    being in none of them. ``device.landmarks`` makes points and a confidence of them. A map of
    24x24 cells gives a place as the mean of many cells, so int8, which rounds each of them,
    hardly moves it; a dense layer of 30 coordinates would round each coordinate by itself. And
    whether there is a face comes out of the same maps, with no output of its own.

    The picture is halved four times, so that at 6x6 each place has seen the whole face and
    knows what is left and what is right of it. From there it goes back to 24x24, and at each
    size what the way down saw is added: the rough place from below, the exact one from above
    (Newell et al. 2016, "hourglass"). Bilinear enlarging has a fast int8 kernel, a transposed
    convolution would cost many times as much. With a first kernel of 5x5 in place of 3x3 the
    whole takes half as long again: one channel is too few for the fast kernels.
    """
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = convolution(centred(image), 16, stride=2)  # 48x48x16
    fine = x = convolution(x, 24, stride=2)  # 24x24x24
    middle = x = convolution(x, 48, stride=2)  # 12x12x48
    x = convolution(x, 64, stride=2)  # 6x6x64
    x = residual_block(x, 64, excite=False)
    x = residual_block(x, 64, excite=False)
    x = _joined(x, middle)  # 12x12x48
    x = _joined(x, fine)  # 24x24x24
    maps = layers.Conv2D(points, 1, dtype="float32", name="maps")(x)
    return keras.Model(image, maps, name="landmarks")


def describe(names: tuple[str, ...]) -> str:
    """Return what the network is, and why it is so, for people."""
    model = build(len(names))
    lines: list[str] = []
    model.summary(line_length=100, print_fn=lines.append)
    return "\n".join(
        [
            f"landmarks: {model.count_params():,} parameters, {multiply_adds(model):,} "
            "multiply-adds (MACs) a picture",
            "",
            f"points: {', '.join(names)}",
            "",
            inspect.getdoc(build) or "",
            "",
            *(line.rstrip() for line in "\n".join(lines).splitlines()),
            "",
        ]
    )


def _joined(low: keras.KerasTensor, high: keras.KerasTensor) -> keras.KerasTensor:
    """Return what ``low``, of half the size, and ``high`` say together, with the channels of it."""
    channels = high.shape[-1]
    low = convolution(low, channels, kernel=1, relu=False)
    low = layers.UpSampling2D(2, interpolation="bilinear")(low)
    x = layers.ReLU()(layers.Add()([low, high]))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return convolution(x, channels, kernel=1)
