"""The random generators that a training run draws from, taken down and put back.

Keras shuffles the batches with Python's generator; dropout draws from the seed
variables of its layers or, on the PyTorch backend, from PyTorch's generator.
Without their state a resumed run would not be the run that was cut off.
"""

from __future__ import annotations

import base64
import random
from typing import Any

import keras
import msgspec
import numpy as np


class Randomness(msgspec.Struct, frozen=True):
    """The state of all generators at one moment.

    python: what ``random.getstate`` returns.
    layers: the state of each seed variable in the model, in the model's order.
    torch: PyTorch's state, base64; "" on another backend.
    """

    python: tuple[int, tuple[int, ...], float | None]
    layers: list[list[int]]
    torch: str

    @classmethod
    def of(cls, model: keras.Model) -> Randomness:
        """Return the state in which ``model`` would go on."""
        layers = [np.asarray(variable.numpy()).tolist() for variable in seeds(model)]
        torch = ""
        if keras.backend.backend() == "torch":
            from torch import get_rng_state

            torch = base64.b64encode(get_rng_state().numpy().tobytes()).decode("ascii")
        return cls(random.getstate(), layers, torch)

    def put_back(self, model: keras.Model) -> None:
        """Set the generators, and the seed variables of ``model``, to this state."""
        random.setstate(self.python)
        for variable, state in zip(seeds(model), self.layers, strict=True):
            variable.assign(np.array(state))
        if self.torch:
            from torch import from_numpy, set_rng_state

            levels = np.frombuffer(base64.b64decode(self.torch), dtype=np.uint8)
            set_rng_state(from_numpy(levels.copy()))

    def encode(self) -> str:
        """Return the state as a line of JSON."""
        return msgspec.json.encode(self).decode("ascii")

    @classmethod
    def decode(cls, text: str) -> Randomness:
        """Return the state that ``encode`` made ``text`` of."""
        return msgspec.json.decode(text, type=cls)


def seeds(model: keras.Model) -> list[Any]:
    """Return the seed variables of ``model``, each a seed and how often it was drawn from."""
    return [
        variable
        for layer in model.layers
        for variable in layer.variables
        if variable.name == "seed_generator_state"
    ]
