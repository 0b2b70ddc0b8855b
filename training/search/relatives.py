"""Weights that other trials have learned, for a network to begin with.

Evolution is cheaper where children keep what their parents have learned (Real et al. 2017,
"Large-Scale Evolution of Image Classifiers"): whatever layers are of the same shape.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.architectures.plan import Convolution, Plan

Weights = dict[str, list[npt.NDArray[Any]]]


def shared(plan: Plan, other: Plan) -> float:
    """Return which share of the weights of ``plan`` stand in layers that ``other`` has as well.

    Layers are the same where place, kernel and channels are; how large their pictures are
    does not matter to weights.
    """
    known = {c.name: _shape(c) for c in other.convolutions()}
    mine = list(plan.convolutions())
    same = sum(c.weights for c in mine if known.get(c.name) == _shape(c))
    return same / sum(c.weights for c in mine)


def nearest(plan: Plan, others: Iterable[tuple[int, Plan, float]]) -> tuple[int, float] | None:
    """Return the number of the trial that ``plan`` shares most weights with, and which share.

    others: number, plan and accuracy of each. None where nothing is shared with any of them.
    """
    ranked = [(shared(plan, other), accuracy, number) for number, other, accuracy in others]
    share, _, number = max(ranked, default=(0.0, 0.0, -1))
    return (number, share) if share > 0 else None


def _shape(convolution: Convolution) -> tuple[int, int, int, bool]:
    c = convolution
    return c.kernel, c.inputs, c.outputs, c.depthwise


class WeightsFolder:
    """Files with the weights of trials, in half precision.

    Workers on several machines find one another's where the folder is on a shared disk;
    without that each has its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, number: int, model: keras.Model) -> None:
        """Keep the weights of ``model`` as those of trial ``number``, whole or not at all."""
        arrays = {
            f"{layer.name}/{place}": array.astype(np.float16)
            for layer in model.layers
            for place, array in enumerate(layer.get_weights())
            if array.dtype.kind == "f"
        }
        partial = self._folder / f"partial-{os.getpid()}.npz"
        np.savez(partial, **arrays)
        os.replace(partial, self._path(number))

    def has(self, number: int) -> bool:
        """Tell whether the weights of trial ``number`` are here."""
        return self._path(number).is_file()

    def load(self, number: int) -> Weights:
        """Return the weights of trial ``number``, float32, by layer; none where they are damaged.

        A worker of another machine may have been killed while it wrote.
        """
        found: Weights = {}
        try:
            with self._path(number).open("rb") as stream, np.load(stream) as file:
                for name in file.files:
                    found.setdefault(name.partition("/")[0], []).append(
                        file[name].astype(np.float32)
                    )
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return {}
        return found

    def _path(self, number: int) -> Path:
        return self._folder / f"trial-{number:05d}.npz"


def give(model: keras.Model, weights: Weights) -> None:
    """Set each layer of ``model`` whose weights, of the same shapes, are in ``weights``.

    A normalisation belongs to the convolution that it follows.
    """
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    for name, layer in layers.items():
        convolution = name.removesuffix("_norm")
        if _fits(layers[convolution], weights.get(convolution)) and _fits(layer, weights.get(name)):
            layer.set_weights(weights[name])


def _fits(layer: keras.Layer, arrays: list[npt.NDArray[Any]] | None) -> bool:
    if arrays is None or not all(np.isfinite(array).all() for array in arrays):
        return False
    return [tuple(w.shape) for w in layer.weights] == [array.shape for array in arrays]
