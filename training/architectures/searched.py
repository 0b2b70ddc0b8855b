"""The network of a plan, in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import layers

from training.architectures.blocks import centred
from training.architectures.plan import KINDS, Block, Convolution, Plan

if TYPE_CHECKING:
    from training.architectures.registry import Features


def network(plan: Plan) -> Features:
    """Return the function that builds the network of ``plan``, all but its head.

    As in ``mien``, the first convolution halves the picture, normalisation by the batch
    follows each one, steps of 2 stand in for pooling, and there is dropout before the last
    block and after the mean over the picture.
    """

    def features(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
        x = _convolution(centred(image), plan.stem())
        *others, last = plan.blocks()
        for block in others:
            x = _block(x, block)
        x = _block(layers.Dropout(dropout / 2)(x), last)
        x = layers.GlobalAveragePooling2D()(x)
        return layers.Dropout(dropout)(x)

    features.__doc__ = _reasons(plan)
    return features


def _block(x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
    shortcut = x
    for convolution in block.main:
        x = _convolution(x, convolution)
    if block.gates:
        gates = layers.GlobalAveragePooling2D(keepdims=True)(x)
        for convolution, function in zip(block.gates, ("relu", "sigmoid"), strict=True):
            gates = layers.Conv2D(
                convolution.outputs, 1, activation=function, name=convolution.name
            )(gates)
        x = layers.Multiply()([x, gates])
    if block.shortcut:
        if block.projection is not None:
            shortcut = _convolution(shortcut, block.projection)
        x = layers.Add()([x, shortcut])
    return layers.ReLU()(x) if block.relu else x


def _convolution(x: keras.KerasTensor, what: Convolution) -> keras.KerasTensor:
    """As ``blocks.convolution``, but named, so that another network finds the same layer."""
    if what.stride > 1 and what.kernel > 1:
        x = layers.ZeroPadding2D(what.kernel // 2)(x)
    options = {
        "strides": what.stride,
        "padding": "same" if what.stride == 1 else "valid",
        "use_bias": False,
        "name": what.name,
    }
    if what.depthwise:
        x = layers.DepthwiseConv2D(what.kernel, depthwise_initializer="he_normal", **options)(x)
    else:
        x = layers.Conv2D(
            what.outputs, what.kernel, kernel_initializer="he_normal", **options
        )(x)  # fmt: skip
    x = layers.BatchNormalization(name=f"{what.name}_norm")(x)
    return layers.ReLU()(x) if what.relu else x


def _reasons(plan: Plan) -> str:
    """Return in words what the network is, for the description of a run."""
    side = plan.stem().side
    lines = [
        f"Found by a search: {plan}",
        "",
        f"The first convolution, {plan.kernel}x{plan.kernel} with {plan.channels} channels, "
        f"halves the picture to {side}x{side}.",
    ]
    for number, stage in enumerate(plan.stages):
        excite = ", with squeeze-and-excite (Hu et al. 2018)" if stage.excite else ""
        lines.append(
            f"At {side >> number}x{side >> number}: {stage.blocks} x {KINDS[stage.kind]}, "
            f"{stage.kernel}x{stage.kernel}, {stage.channels} channels{excite}."
        )
    lines += ["", f"Returns float features (n, {plan.features})."]
    return "\n".join(lines)
