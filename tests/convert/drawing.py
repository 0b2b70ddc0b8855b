"""Faces that a Haar cascade takes for faces, drawn, with a mark that tells their class."""

from __future__ import annotations

import cv2
import numpy as np

CLASSES = 7
# The mark: a bright block in the two bottom rows, at a place for each class.
_MARK_ROWS = slice(46, 48)


def _mark_columns(label: int) -> slice:
    return slice(6 * label + 3, 6 * label + 9)


def face(size: float = 0.42, centre_x: float = 0.5, centre_y: float = 0.5) -> np.ndarray:
    """Return uint8 (48, 48). size: half the width of the head, in sides of the picture."""
    side = 480
    picture = np.full((side, side), 110, np.uint8)
    unit = size * side

    def ellipse(x, y, width, height, grey):
        centre = (round(centre_x * side + x * unit), round(centre_y * side + y * unit))
        axes = (round(width * unit), round(height * unit))
        cv2.ellipse(picture, centre, axes, 0, 0, 360, grey, -1, cv2.LINE_AA)

    ellipse(0, -0.25, 0.98, 1.15, 50)  # hair
    ellipse(0, 0.1, 0.82, 1.1, 200)  # skin
    for eye in (-1, 1):
        ellipse(eye * 0.36, -0.28, 0.24, 0.06, 70)  # brow
        ellipse(eye * 0.36, -0.08, 0.24, 0.13, 120)  # socket
        ellipse(eye * 0.36, -0.08, 0.12, 0.08, 40)  # eye
        ellipse(eye * 0.5, 0.3, 0.2, 0.2, 225)  # cheek
    ellipse(0, 0.12, 0.09, 0.3, 230)  # nose
    ellipse(0, 0.36, 0.16, 0.06, 140)
    ellipse(0, 0.68, 0.32, 0.09, 90)  # mouth
    soft = cv2.GaussianBlur(picture, (0, 0), side * 0.012)
    return cv2.resize(soft, (48, 48), interpolation=cv2.INTER_AREA)


def marked_face(label: int, generator: np.random.Generator) -> np.ndarray:
    """Return a face of slightly varying size and place, with the mark of ``label``."""
    image = face(
        generator.uniform(0.34, 0.42), generator.uniform(0.48, 0.52), generator.uniform(0.46, 0.5)
    )
    noisy = np.clip(image + generator.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
    noisy[_MARK_ROWS] = 20
    noisy[_MARK_ROWS, _mark_columns(label)] = 230
    return noisy


def templates() -> np.ndarray:
    """Return float32 (48, 48, 1, 7): for each class, weights that answer to its mark."""
    weights = np.zeros((48, 48, 1, CLASSES), np.float32)
    for label in range(CLASSES):
        for place in range(CLASSES):
            weights[_MARK_ROWS, _mark_columns(place), 0, label] = (
                0.1 if place == label else -0.1 / (CLASSES - 1)
            )
    return weights
