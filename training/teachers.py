"""Trained networks that teach another one.

A teacher's probabilities say more of an image than its label: which other
expressions it comes near (Hinton et al. 2015, "Distilling the Knowledge in a
Neural Network"). The teacher is asked about each image as the student sees it,
changed at random, so that the two are compared on the same thing for as long as
training goes on (Beyer et al. 2022, "A good teacher is patient and consistent").
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from device.errors import ConfigError
from training.fused import accelerate
from training.keras_file import load_model


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

    def probabilities(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return float32 (n, classes), each row summing to 1, for (n, 48, 48, 1) levels 0-255."""
        answers = []
        for network, columns in zip(self._networks, self._columns, strict=True):
            logits = np.asarray(network.predict_on_batch(images), dtype=np.float32)[:, columns]
            powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / self._temperature)
            answers.append(powers / powers.sum(axis=1, keepdims=True))
        return np.asarray(np.mean(answers, axis=0), dtype=np.float32)
