"""Gradients by the picture, on the backend in use.

Keras has no word for gradients: each backend has its own. This is the one module
of the workshop that speaks to them, and it imports only the one that runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.float32]
# Of each class, the derivative by its logit comes from a function of the logits.
Objective = Callable[[Any], Any]
Gradient = Callable[[Levels], tuple[Levels, Levels]]


def gradient_of(model: keras.Model, objective: Objective) -> Gradient:
    """Return what computes logits, and how ``objective`` changes with the pictures.

    model: maps (n, 48, 48, 1) grey levels 0-255 to logits (n, classes).
    objective: maps the backend's logits (n, classes) to a number for each (n,),
        in the words of ``keras.ops``.

    The function returned takes float32 (n, 48, 48, 1) and returns logits, float32
    (n, classes), and the gradient, float32 (n, 48, 48, 1). The network answers as
    it does after training: without dropout, normalising by its moving averages.
    """

    def of_all(images: Any) -> tuple[Any, Any]:
        logits = model(images, training=False)
        # Pictures do not depend on one another: the sum has the gradient of each.
        return keras.ops.sum(objective(logits)), logits

    ways = {"tensorflow": _on_tensorflow, "torch": _on_torch, "jax": _on_jax}
    return ways[keras.backend.backend()](of_all)


def _on_tensorflow(of_all: Callable[[Any], tuple[Any, Any]]) -> Gradient:
    import tensorflow as tf

    @tf.function  # type: ignore[untyped-decorator]
    def differentiated(images: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            total, logits = of_all(images)
        return logits, tape.gradient(total, images)

    def gradient(images: Levels) -> tuple[Levels, Levels]:
        logits, slope = differentiated(tf.constant(images))
        return logits.numpy(), slope.numpy()

    return gradient


def _on_torch(of_all: Callable[[Any], tuple[Any, Any]]) -> Gradient:
    import torch

    def gradient(images: Levels) -> tuple[Levels, Levels]:
        # Keras knows which device it computes on.
        tensor = keras.ops.convert_to_tensor(images).detach().requires_grad_()
        total, logits = of_all(tensor)
        (slope,) = torch.autograd.grad(total, tensor)
        return logits.detach().cpu().numpy(), slope.cpu().numpy()

    return gradient


def _on_jax(of_all: Callable[[Any], tuple[Any, Any]]) -> Gradient:
    import jax

    differentiated = jax.jit(jax.value_and_grad(of_all, has_aux=True))

    def gradient(images: Levels) -> tuple[Levels, Levels]:
        (_, logits), slope = differentiated(images)
        return np.asarray(logits), np.asarray(slope)

    return gradient
