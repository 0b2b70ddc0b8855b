"""Networks that read a face, a module for each family.

Each takes raw grey levels 0-255, (48, 48, 1): scaling is a layer of the graph,
so whoever runs the network only crops and resizes. Each returns logits; the
softmax, with its temperature, belongs to who reads them.

The names, and what belongs to them, are known without Keras, which takes seconds
to import; it is imported where a network is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.architectures.registry import ARCHITECTURES as ARCHITECTURES
from training.architectures.registry import Architecture as Architecture
from training.architectures.registry import named as named
from training.labels import SIDE

if TYPE_CHECKING:
    import keras


# What the names of the heads' layers begin with: the labels', and the votes' in training.
HEADS = ("emotion", "votes")


def build(
    architecture: str,
    classes: int,
    *,
    dropout: float = 0.3,
    votes: int = 0,
    for_training: bool = False,
    side: int = SIDE,
) -> keras.Model:
    """Build a network that maps (n, 48, 48, 1) grey levels 0-255 to logits.

    The output is float32 (n, classes). With ``votes`` the network has a second
    head of that many logits, for training only: the model then returns a
    dictionary of both, ``emotion`` and ``votes``. With ``for_training`` it has
    what only its loss needs, too; its weights and their order are the same. ``side`` is that
    of the pictures, in pixels, where the search shows it smaller ones.
    """
    import keras

    from training.architectures.blocks import head

    image = keras.Input((side, side, 1), name="image")
    features = named(architecture).function(for_training=for_training)(image, dropout)
    emotion = head(features, classes, "emotion")
    if not votes:
        return keras.Model(image, emotion, name=architecture.replace("-", "_"))
    vote = head(features, votes, "votes")
    return keras.Model(image, {"emotion": emotion, "votes": vote}, name=f"{architecture}_training")


def weighted_layers(model: keras.Model, *heads: str) -> list[keras.Layer]:
    """Return the layers of ``model`` that have weights, of its heads only ``heads``, the last.

    In this order they are the same for networks of one architecture, whichever heads they have.
    """
    weighted = [layer for layer in model.layers if layer.weights]
    body = [layer for layer in weighted if not layer.name.startswith(HEADS)]
    return body + [layer for layer in weighted if heads and layer.name.startswith(heads)]
