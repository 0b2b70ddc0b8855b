"""Drawn faces with points, in the layout of the keypoints' training.csv."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from training.keypoints import Keypoints

SIDE = 96
# In the order of the data set; where each lies on a face, in half faces from its middle. Left
# is the person's own, so it is on the right of the picture.
PLACES = {
    "left_eye_center": (0.4, -0.3),
    "right_eye_center": (-0.4, -0.3),
    "left_eyebrow_outer_end": (0.6, -0.5),
    "right_eyebrow_outer_end": (-0.6, -0.5),
    "nose_tip": (0.0, 0.1),
    "mouth_left_corner": (0.3, 0.5),
    "mouth_right_corner": (-0.3, 0.5),
}
NAMES = tuple(PLACES)


def draw(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture uint8 (96, 96) and its points float32 (7, 2)."""
    middle = np.array([SIDE / 2, SIDE / 2]) + generator.uniform(-6, 6, 2)
    half = generator.uniform(24, 32)
    points = np.array([middle + half * np.array(place) for place in PLACES.values()])
    image = np.full((SIDE, SIDE), int(generator.integers(60, 120)), np.uint8)
    skin = int(generator.integers(150, 220))
    cv2.ellipse(image, _px(middle), (round(half * 0.9), round(half * 1.1)), 0, 0, 360, skin, -1)
    for name, point in zip(NAMES, points, strict=True):
        dark, size = (30, 4) if "eye_" in name else (90, 3)
        cv2.circle(image, _px(point), size, dark, -1, cv2.LINE_AA)
    # Through a net of spots, so that no face is like another one.
    spots = generator.integers(-60, 60, (16, 16)).astype(np.float32)
    net = cv2.resize(spots, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    return np.clip(image + net, 0, 255).astype(np.uint8), points.astype(np.float32)


def faces(count: int, seed: int = 0) -> Keypoints:
    generator = np.random.default_rng(seed)
    images, points = zip(*(draw(generator) for _ in range(count)), strict=True)
    return Keypoints(NAMES, np.stack(points), np.stack(images))


def write_csv(path: Path, drawn: Keypoints) -> Path:
    """Write ``drawn`` as Kaggle does; a missing point is two empty cells."""
    header = [f"{name}_{axis}" for name in drawn.names for axis in "xy"]
    lines = [",".join([*header, "Image"])]
    for points, image in zip(drawn.points, drawn.pictures, strict=True):
        cells = ["" if np.isnan(value) else f"{value:.3f}" for value in points.ravel()]
        lines.append(",".join([*cells, " ".join(map(str, image.ravel()))]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _px(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
