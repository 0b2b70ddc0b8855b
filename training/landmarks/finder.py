"""A trained network of landmarks of either kind, asked about pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.fitting import Images
from training.keypoints import Points
from training.kinds import called, suffix_of
from training.landmarks.network import SIDE

Confidences = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Finder:
    """What finds points.

    name: what people call it. points: what it calls them, in their order.
    find: from pictures, uint8 (n, 96, 96), to points float32 (n, k, 2) in their pixels, where
        the first pixel's middle lies at 0, and to how sure it is of each face, (n,) of 0-1.
    """

    name: str
    points: tuple[str, ...]
    find: Callable[[Images], tuple[Points, Confidences]]


def load_finder(path: Path) -> Finder:
    """Load the model in ``path``: ``.tflite`` as the device reads it, ``.keras`` by Keras.

    Raises ModelError where the file is missing or is no such model.
    """
    return _keras_finder(path) if suffix_of(path) == ".keras" else _tflite_finder(path)


def _keras_finder(path: Path) -> Finder:
    # Only here: Keras takes seconds to import, and a .tflite file does without.
    from training.landmarks.points import find
    from training.landmarks.start import load_landmarks

    model, points = load_landmarks(path)
    return Finder(called(path), points, lambda images: find(model, images))


def _tflite_finder(path: Path) -> Finder:
    # Only here: the runtime need not be there for a .keras file.
    from device.landmarks import Landmarks

    landmarks = Landmarks(path)

    def find(images: Images) -> tuple[Points, Confidences]:
        found = [landmarks.in_crop(image) for image in images]
        points = np.stack([shares_xy * SIDE - 0.5 for shares_xy, _ in found])
        return points.astype(np.float32), np.stack([seen.mean() for _, seen in found])

    return Finder(called(path), tuple(landmarks.labels), find)
