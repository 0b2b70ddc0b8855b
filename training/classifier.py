"""A trained network of either kind, asked about images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.fer2013 import Images
from training.kinds import called, suffix_of

_BATCH = 256
Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """What reads images, and what its answers mean.

    name: what people call it.
    classes: the names of its outputs, in their order.
    logits: from images, uint8 (n, 48, 48), to float32 (n, classes).
    temperature: what logits are divided by before the softmax.
    """

    name: str
    classes: tuple[str, ...]
    logits: Callable[[Images], Logits]
    temperature: float = 1.0


def load_classifier(path: Path) -> Classifier:
    """Load the model in ``path``.

    A ``.tflite`` file is read as the device reads it, a ``.keras`` file by Keras.

    Raises ModelError where the file is missing or is no such model.
    """
    return _keras_classifier(path) if suffix_of(path) == ".keras" else _tflite_classifier(path)


def _keras_classifier(path: Path) -> Classifier:
    # Only here: Keras takes seconds to import, and a .tflite file does without.
    from training.keras_file import load_model

    model, classes = load_model(path)

    def logits(images: Images) -> Logits:
        levels = images[..., np.newaxis].astype(np.float32)
        answer = model.predict(levels, batch_size=_BATCH, verbose=0)
        return np.asarray(answer, dtype=np.float32)

    return Classifier(called(path), classes, logits)


def _tflite_classifier(path: Path) -> Classifier:
    # Only here: the runtime need not be there for a .keras file.
    from device.model import Model

    model = Model(path)

    def logits(images: Images) -> Logits:
        return np.stack([model.logits(image) for image in images])

    return Classifier(called(path), tuple(model.labels), logits, model.card.temperature)
