"""A trained network of masks of either kind, asked about pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.fitting import Images
from training.kinds import called, suffix_of
from training.mask.figures import Logits


@dataclass(frozen=True)
class Marker:
    """What marks faces.

    name: what people call it.
    mark: from pictures, uint8 (n, 96, 96), to logits float32 (n, rows, columns) of each part's
        being the face's.
    """

    name: str
    mark: Callable[[Images], Logits]


def load_marker(path: Path) -> Marker:
    """Load the model in ``path``: ``.tflite`` as the device reads it, ``.keras`` by Keras.

    Raises ModelError where the file is missing or is no such model.
    """
    make = _keras_mark if suffix_of(path) == ".keras" else _tflite_mark
    return Marker(called(path), make(path))


def _keras_mark(path: Path) -> Callable[[Images], Logits]:
    # Only here: Keras takes seconds to import, and a .tflite file does without.
    from training.mask.figures import ask
    from training.mask.network import load_mask

    model = load_mask(path)
    return lambda images: ask(model, images)


def _tflite_mark(path: Path) -> Callable[[Images], Logits]:
    # Only here: the runtime need not be there for a .keras file.
    from device.mask import FaceMask

    mask = FaceMask(path)
    return lambda images: np.stack([mask.logits(image) for image in images])
