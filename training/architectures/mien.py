"""What Mien ships by default: a residual network that spends its work on small pictures."""

from __future__ import annotations

import keras
from keras import layers

from training.architectures.blocks import centred, convolution, residual_block


def mien(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
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
    x = convolution(centred(image), 32, kernel=5, stride=2)  # 24x24x32
    x = residual_block(x, 48)  # 24x24x48
    x = residual_block(x, 96, stride=2)  # 12x12x96
    x = residual_block(x, 96)  # 12x12x96
    x = residual_block(x, 192, stride=2)  # 6x6x192
    x = layers.Dropout(dropout / 2)(x)
    x = residual_block(x, 192)  # 6x6x192
    x = layers.GlobalAveragePooling2D()(x)  # 192
    return layers.Dropout(dropout)(x)
