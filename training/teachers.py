"""Trained networks that teach another one.

A teacher's probabilities say more of an image than its label: which other
expressions it comes near (Hinton et al. 2015, "Distilling the Knowledge in a
Neural Network"), and that a label may be wrong. Each is asked once about every
image and its mirror image, before the training: several then cost an epoch
nothing, where asking them about what the student sees would cost a third of it each.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from device.errors import ConfigError
from device.model import softmax
from training.fused import accelerate
from training.keras_file import load_model

_BATCH = 512


class Teachers:
    """One network or several, whose mean answer is what a student is to give.

    paths: ``.keras`` files.
    classes: the student's; a teacher may have them in another order, and others too.

    Raises ModelError for a file that is no such network, ConfigError for a teacher
    that lacks a class.
    """

    def __init__(
        self, paths: tuple[Path, ...], classes: tuple[str, ...], temperature: float = 1.0
    ) -> None:
        self._temperature = temperature
        self._columns: list[list[int]] = []
        self._networks: list[keras.Model] = []
        for path in paths:
            network, known = load_model(path)
            missing = [name for name in classes if name not in known]
            if missing:
                raise ConfigError(
                    f"teacher {path}: does not know {', '.join(missing)}; it reads "
                    f"{', '.join(known)}: give a teacher of the same labels"
                )
            self._columns.append([known.index(name) for name in classes])
            self._networks.append(accelerate(network, policy="mixed_bfloat16"))

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return float32 (n, classes), each row summing to 1, for (n, 48, 48) levels 0-255."""
        return np.concatenate(
            [self._mean(images[at : at + _BATCH]) for at in range(0, len(images), _BATCH)]
        )

    def _mean(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the mean answer to ``images`` and their mirror images."""
        both = np.concatenate([images, images[:, :, ::-1]])[..., np.newaxis]
        answers = []
        for network, columns in zip(self._networks, self._columns, strict=True):
            logits = np.asarray(network.predict_on_batch(both.astype(np.float32)), np.float32)
            answers.append(softmax(logits[:, columns], self._temperature))
        mean = np.asarray(np.mean(answers, axis=0), dtype=np.float32)
        halves: npt.NDArray[np.float32] = mean.reshape(2, len(images), -1)
        return np.asarray(halves.mean(axis=0), dtype=np.float32)
