"""Several heads of attention that look at different places (Wen et al. 2021)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from training.architectures.blocks import centred, convolution, residual_block

_HEADS = 4


def attention(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """A small residual trunk, and four heads of attention that are added up.

    In the manner of DAN (Wen et al. 2021, "Distract Your Attention: Multi-head Cross
    Attention Network for Facial Expression Recognition"). An expression shows in
    several places at once: brows, eyes, mouth. Each head weighs first the places of
    the picture, then the channels of what it found there. Nothing would keep four
    heads from all looking at the mouth; so while it learns, a partition loss asks
    their maps to differ.

    What differs from DAN: the trunk is small and no ResNet18, and has
    nothing from ImageNet; the affinity loss on the trunk's features is left out;
    the partition loss is on the maps of places, where a sigmoid bounds it, and not
    on the heads' features; the heads are added without a log-softmax between them,
    which has no good form in whole numbers.

    Returns float features (n, 256).
    """
    return _attention(image, dropout, apart=False)


def attention_in_training(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """``attention`` with the loss that keeps its heads apart."""
    return _attention(image, dropout, apart=True)


def _attention(image: keras.KerasTensor, dropout: float, *, apart: bool) -> keras.KerasTensor:
    x = convolution(centred(image), 32, kernel=5, stride=2)  # 24x24x32
    x = residual_block(x, 64, stride=2)  # 12x12x64
    x = residual_block(x, 128)  # 12x12x128
    x = residual_block(x, 256, stride=2)  # 6x6x256
    x = layers.Dropout(dropout / 2)(x)
    maps = [_places(x) for _ in range(_HEADS)]  # each 6x6x1
    if apart:
        maps = Partition()(maps)
    x = layers.Add()([_channels(layers.Multiply()([x, map_])) for map_ in maps])  # 256
    return layers.Dropout(dropout)(x)


def _places(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return how much each place counts, 0-1: float (n, height, width, 1)."""
    x = convolution(x, 32, kernel=1)  # 6x6x32
    # Rows and columns by themselves too: mouths and brows are wide, noses are high.
    seen = [convolution(x, 32, kernel=kernel, relu=False) for kernel in (3, (1, 3), (3, 1))]
    x = layers.ReLU()(layers.Add()(seen))  # 6x6x32
    return layers.Conv2D(1, 1, activation="sigmoid")(x)


def _channels(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return the means of the channels (n, channels), each as far as all of them let it count."""
    means = layers.GlobalAveragePooling2D()(x)
    weights = layers.Dense(means.shape[-1] // 16, activation="relu")(means)
    weights = layers.Dense(means.shape[-1], activation="sigmoid")(weights)
    return layers.Multiply()([means, weights])


class Partition(layers.Layer):  # type: ignore[misc]
    """Lets maps through, and adds a loss that is small where they differ.

    The loss of each place is log(1 + heads / variance between the heads), after
    Wen et al. 2021; their mean counts ``weight`` times beside the loss on labels.
    It has no weights of its own, and is for training only.
    """

    def __init__(self, weight: float = 0.1, **options: Any) -> None:
        # In float32: the variance of what is nearly the same drowns in bfloat16.
        super().__init__(**{"dtype": "float32"} | options)
        self._weight = weight

    def call(self, maps: list[Any], training: bool | None = None) -> list[Any]:
        """Return ``maps``, of values 0-1, each (n, height, width, 1)."""
        if training:
            variance = keras.ops.var(keras.ops.concatenate(maps, axis=-1), axis=-1)
            # What is added bounds the loss, and its gradient, where maps are alike.
            loss = keras.ops.log(1 + len(maps) / (variance + 1e-3))
            self.add_loss(self._weight * keras.ops.mean(loss))
        return maps

    def compute_output_shape(self, shapes: list[Any]) -> list[Any]:
        """Return the shapes that came in."""
        return shapes

    def get_config(self) -> dict[str, Any]:
        """Return what makes the layer again."""
        return {**super().get_config(), "weight": self._weight}
