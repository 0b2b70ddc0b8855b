"""Networks that read a face.

Each takes raw grey levels 0-255, (48, 48, 1): scaling is a layer of the graph,
so whoever runs the network only crops and resizes. Each returns logits; the
softmax, with its temperature, belongs to who reads them.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from training.data import SIDE


def mien(input_tensor: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """Residual blocks of convolution, batch normalisation and ReLU, growing in width.

    The first convolution halves the picture at once. At 48x48 a layer costs
    mostly memory traffic; at 24x24 and below the same arithmetic is several
    times cheaper to train and to run. Each halving doubles the channels, from
    48 to 192, so that each stage costs about as much as the one before.

    Squeeze-and-excite (Hu et al. 2018) lets each block weigh its channels by the
    whole picture: a mouth counts for more once the eyes are seen.

    Steps of 2 in the convolutions stand in for pooling layers: one pass less over
    the picture. Shortcuts (He et al. 2015) let eleven convolutions in a row learn
    at a high rate; batch normalisation folds into them when converted, and ReLU
    is free in int8. The mean over the picture at the end needs no weights, and
    dropout before and after the last block holds back what 28,700 images of
    uncertain labels would let 1.5 million weights learn by heart.

    Returns float features (n, 192).
    """
    x = _convolution(input_tensor, 32, kernel=5, stride=2)  # 24x24x32
    x = _residual_block(x, 48)  # 24x24x48
    x = _residual_block(x, 96, stride=2)  # 12x12x96
    x = _residual_block(x, 96)  # 12x12x96
    x = _residual_block(x, 192, stride=2)  # 6x6x192
    x = layers.Dropout(dropout / 2)(x)
    x = _residual_block(x, 192)  # 6x6x192
    x = layers.GlobalAveragePooling2D()(x)  # 192
    return layers.Dropout(dropout)(x)


def mien_nano(input_tensor: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """The blocks of ``mien`` at two fifths of its width, for a Raspberry Pi Zero 2 W.

    Returns float features (n, 80).
    """
    x = _convolution(input_tensor, 20, kernel=5, stride=2)  # 24x24x20
    x = _residual_block(x, 20)  # 24x24x20
    x = _residual_block(x, 40, stride=2)  # 12x12x40
    x = _residual_block(x, 40)  # 12x12x40
    x = _residual_block(x, 80, stride=2)  # 6x6x80
    x = layers.Dropout(dropout / 2)(x)
    x = _residual_block(x, 80)  # 6x6x80
    x = layers.GlobalAveragePooling2D()(x)  # 80
    return layers.Dropout(dropout)(x)


ARCHITECTURES: dict[str, Callable[[keras.KerasTensor, float], keras.KerasTensor]] = {
    "mien": mien,
    "mien-nano": mien_nano,
}


def build(architecture: str, classes: int, *, dropout: float = 0.3, votes: int = 0) -> keras.Model:
    """Build a network that maps (n, 48, 48, 1) grey levels 0-255 to logits.

    The output is float32 (n, classes). With ``votes`` the network has a second
    head of that many logits, for training only: the model then returns a
    dictionary of both, ``emotion`` and ``votes``.
    """
    image = keras.Input((SIDE, SIDE, 1), name="image")
    # Centred near 0 with a spread near 1 (FER2013 has mean 129 and deviation 65).
    x = layers.Rescaling(1 / 64, offset=-2, name="scale")(image)
    features = ARCHITECTURES[architecture](x, dropout)
    emotion = layers.Dense(classes, dtype="float32", name="emotion")(features)
    if not votes:
        return keras.Model(image, emotion, name=architecture.replace("-", "_"))
    vote = layers.Dense(votes, dtype="float32", name="votes")(features)
    return keras.Model(image, {"emotion": emotion, "votes": vote}, name=f"{architecture}_training")


def _convolution(
    x: keras.KerasTensor, channels: int, *, kernel: int = 3, stride: int = 1, relu: bool = True
) -> keras.KerasTensor:
    if stride > 1 and kernel > 1:
        # Padding "same" with a stride pads unevenly, and shifts the picture by half a pixel.
        x = layers.ZeroPadding2D(kernel // 2)(x)
    padding = "same" if stride == 1 else "valid"
    x = layers.Conv2D(
        channels, kernel, strides=stride, padding=padding, use_bias=False,
        kernel_initializer="he_normal",
    )(x)  # fmt: skip
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


def _residual_block(x: keras.KerasTensor, channels: int, *, stride: int = 1) -> keras.KerasTensor:
    """Two 3x3 convolutions and a shortcut (He et al. 2015)."""
    shortcut = x
    if stride > 1 or x.shape[-1] != channels:
        shortcut = _convolution(x, channels, kernel=1, stride=stride, relu=False)
    x = _convolution(x, channels, stride=stride)
    x = _convolution(x, channels, relu=False)
    x = _squeeze_and_excite(x, channels)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _squeeze_and_excite(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Scale each channel by a number that all channels' means decide (Hu et al. 2018)."""
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Conv2D(channels // 8, 1, activation="relu")(weights)
    weights = layers.Conv2D(channels, 1, activation="sigmoid")(weights)
    return layers.Multiply()([x, weights])
