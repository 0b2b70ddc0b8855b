"""A network in words and figures, for people."""

from __future__ import annotations

import inspect
import math
from pathlib import Path

import keras
from keras import layers

from training.architectures import build, named
from training.config import TrainingConfig


def write_description(config: TrainingConfig, classes: tuple[str, ...], path: Path) -> None:
    """Write what the network of ``config`` is, and why it is so, to ``path``."""
    path.write_text(describe(config, classes), encoding="utf-8")


def describe(config: TrainingConfig, classes: tuple[str, ...]) -> str:
    """Return the description: figures, reasons, and Keras's summary."""
    model = build(config.architecture, len(classes), dropout=config.dropout)
    docstring = inspect.getdoc(named(config.architecture).function()) or ""
    reasons = docstring.partition("\nReturns ")[0].rstrip()
    lines: list[str] = []
    model.summary(line_length=100, print_fn=lines.append)
    return "\n".join(
        [
            f"{config.architecture}: {model.count_params():,} parameters, "
            f"{multiply_adds(model):,} multiply-adds (MACs) an image",
            "",
            f"input:  grey levels 0-255, {_shape(model.input_shape)}",
            f"output: logits, {_shape(model.output_shape)}: {', '.join(classes)}",
            "",
            "Why it is so",
            "",
            reasons,
            "",
            "Scaling is a layer of the graph, so that whoever runs the network only crops",
            "and resizes. The softmax is left out: its temperature is found after training.",
            "",
            "Summary",
            "",
            *(line.rstrip() for line in "\n".join(lines).splitlines()),
            "",
        ]
    )


def multiply_adds(model: keras.Model) -> int:
    """Return the multiplications with a weight that one image costs.

    Convolutions and dense layers are counted; the rest is small beside them, and
    batch normalisation folds into the convolution before it when converted.
    """
    return sum(_layer_cost(layer) for layer in model.layers)


def _layer_cost(layer: keras.Layer) -> int:
    if isinstance(layer, layers.Dense):
        return int(math.prod(layer.kernel.shape))
    if isinstance(layer, keras.Model):
        return multiply_adds(layer)
    # Keras's separable convolution is a subclass of neither, and has two kernels.
    if isinstance(layer, layers.SeparableConv2D):
        kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
    elif isinstance(layer, layers.DepthwiseConv2D | layers.Conv2D):
        kernels = [layer.kernel]
    else:
        return 0
    height, width = layer.output.shape[1:3]
    return int(height * width * sum(math.prod(kernel.shape) for kernel in kernels))


def _shape(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("n" if side is None else str(side) for side in shape) + ")"
