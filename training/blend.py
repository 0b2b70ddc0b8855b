"""A network between two: the mean of the weights of one before and after it learned more.

What was learned last mostly costs some of what could be done before. Where the second network
was begun with the first, all networks on the line between their weights work, and some have
most of both (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

import keras

from device.errors import ConfigError


def blend(before: keras.Model, after: keras.Model, share: float) -> None:
    """Give ``before`` the weights that lie the ``share``, 0-1, of the way to those of ``after``.

    Statistics of normalisation are weights too.

    Raises ConfigError where they are not of the same architecture.
    """
    shapes = [[weight.shape for weight in network.weights] for network in (before, after)]
    if shapes[0] != shapes[1]:
        raise ConfigError(
            f"{before.name} and {after.name} differ in their layers: give a network, and what "
            "became of it in further training"
        )
    pairs = zip(before.get_weights(), after.get_weights(), strict=True)
    before.set_weights([(1 - share) * one + share * other for one, other in pairs])
