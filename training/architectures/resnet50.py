"""A network that learned to see from ImageNet, and then to read faces."""

from __future__ import annotations

import keras
from keras import layers

# Twice 48: ResNet50 halves the picture five times, which leaves 3x3.
_SIDE = 96
# ImageNet's mean blue, green and red, which its weights expect to be taken off.
_MEAN_BGR = (103.939, 116.779, 123.68)


def resnet50(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """ResNet50 (He et al. 2015) as it comes with ImageNet's weights, and a new head.

    Transfer learning: 1.3 million photographs have taught its first layers edges
    and textures that 28,700 small grey faces need not teach again. The grey picture
    stands in all three colours, less ImageNet's mean colour, and is enlarged to
    96x96: that is what the weights know. All of it is inside the graph.

    Batch normalisation stays as ImageNet left it, also while everything learns:
    statistics of batches of other pictures would undo what the weights rely on.

    At first the new head learns alone (``frozen_epochs``): while it is random, its
    gradients would spoil what is behind it. Then everything learns, early stages
    more slowly, as they are the most general (Howard and Ruder 2018,
    "discriminative fine-tuning"; ``stage_rate``).

    It is far too large for a Raspberry Pi at one reading a second beside the rest;
    it is here to be compared with, and as a teacher.

    Returns float features (n, 2048).
    """
    # Colour by colour: of one offset for three the converter mixes the range with the input's.
    x = layers.Concatenate()([layers.Rescaling(1.0, offset=-mean)(image) for mean in _MEAN_BGR])
    factor = _SIDE // image.shape[1]
    x = layers.UpSampling2D(factor, interpolation="bilinear", name="enlarged")(x)  # 96x96x3
    x = backbone()(x)  # 3x3x2048
    x = layers.GlobalAveragePooling2D()(x)  # 2048
    return layers.Dropout(dropout)(x)


def backbone() -> keras.Model:
    """Return ResNet50 without its head, its weights random; it is called "resnet50"."""
    network = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(_SIDE, _SIDE, 3), name="resnet50"
    )
    for layer in network.layers:
        # The one way that lasts: "training=False" is overruled where the whole network trains.
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    return network
