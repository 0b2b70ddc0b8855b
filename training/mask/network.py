"""A small residual U-Net that says of each part of a picture whether it is the face's."""

from __future__ import annotations

from pathlib import Path

import keras
from keras import layers

from device.errors import ModelError
from device.model_file import MASK
from training.architectures.blocks import centred, convolution, residual_block
from training.keras_file import load_network

SIDE = 96
# The mask has a cell for each CELL x CELL pixels of the picture.
CELL = 2
CELLS = SIDE // CELL


def build() -> keras.Model:
    """Build the network: (n, 96, 96, 1) grey levels 0-255 to logits, float32 (n, 48, 48, 1).

    A U-Net (Ronneberger et al. 2015) of residual blocks (He et al. 2015): down to 6x6, where
    after two blocks each place has seen the whole picture, and up again, at each size side by
    side with what the way down saw there. All of it is convolution, so it would run at any size
    that 16 divides. The second block at 6x6 has a third of all weights, and on one x86 core
    costs less than can be measured; a first kernel of 5x5 in place of 3x3 would cost a quarter
    more in all, as one channel is too few for the fast kernels.

    Half of the picture's size is fine enough: a face's edge is smooth, and logits that are
    enlarged say where between two cells it goes. On the way up both sides come in with half
    of the channels, by convolutions of 1x1 before the enlarging, at a quarter of its cost
    after: so the blocks there need no convolution in their shortcut. At 48x48, where memory
    costs more than arithmetic, there is one narrow convolution and no block.
    """
    image = keras.Input((SIDE, SIDE, 1), name="image")
    finest = x = convolution(centred(image), 16, stride=2)  # 48x48x16
    fine = x = residual_block(x, 32, stride=2, excite=False)  # 24x24x32
    middle = x = residual_block(x, 64, stride=2, excite=False)  # 12x12x64
    x = residual_block(x, 96, stride=2, excite=False)  # 6x6x96
    x = residual_block(x, 96, excite=False)
    x = residual_block(_joined(x, middle, 64), 64, excite=False)  # 12x12x64
    x = residual_block(_joined(x, fine, 32), 32, excite=False)  # 24x24x32
    x = convolution(_joined(x, finest, 16), 16)  # 48x48x16
    logits = layers.Conv2D(1, 1, dtype="float32", name="mask")(x)
    return keras.Model(image, logits, name="mask")


def _joined(low: keras.KerasTensor, high: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Return ``low``, enlarged to the size of ``high``, beside it: half of ``channels`` each."""
    low = convolution(low, channels // 2, kernel=1)
    low = layers.UpSampling2D(2, interpolation="bilinear")(low)
    return layers.Concatenate()([low, convolution(high, channels // 2, kernel=1)])


def load_mask(path: Path) -> keras.Model:
    """Return the network in ``path``, a ``.keras`` file of ``python -m training mask``.

    Raises ModelError, naming the file, where there is none, or it marks no faces.
    """
    model, _, kind = load_network(path)
    shapes = (getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    if kind != MASK or shapes != ((None, SIDE, SIDE, 1), (None, CELLS, CELLS, 1)):
        raise ModelError(f"{path}: marks no faces: give a model of python -m training mask")
    return model
