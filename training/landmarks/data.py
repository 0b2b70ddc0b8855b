"""Files of points with pictures, as the network of landmarks takes them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from training.errors import DataError
from training.keypoints import Keypoints, read_keypoints
from training.landmarks.figures import EYES
from training.landmarks.network import SIDE


def read_faces(path: Path) -> Keypoints:
    """Read the CSV file at ``path`` (``training.keypoints``); pictures are made 96x96.

    Raises DataError where it cannot be read, or has no pictures, or no eyes to measure by.
    """
    faces = read_keypoints(path)
    if faces.images is None:
        raise DataError(f"{path}: no column 'Image': there is nothing to look at")
    missing = sorted(set(EYES) - set(faces.names))
    if missing:
        raise DataError(
            f"{path}: no columns of {' and '.join(missing)}: errors are measured by them"
        )
    side = faces.images.shape[1]
    if side == SIDE:
        return faces
    way = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    images = [cv2.resize(image, (SIDE, SIDE), interpolation=way) for image in faces.images]
    # The middle of the first pixel lies at 0, so the corner at -0.5.
    points = (faces.points + 0.5) * (SIDE / side) - 0.5
    return Keypoints(faces.names, points.astype(np.float32), np.stack(images).astype(np.uint8))
