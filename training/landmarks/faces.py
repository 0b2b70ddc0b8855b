"""Random changes to pictures of faces, in which the points go with what they lie on."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from training.keypoints import Points
from training.landmarks.config import FaceAugmentation

Image = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

# Where a turned or smaller picture does not reach, real ones go on somehow.
_BORDERS = (cv2.BORDER_REPLICATE, cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101, cv2.BORDER_CONSTANT)
_SMOOTHLY = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)


def swapped(names: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return int64 (k,): for each of ``names`` which one it is in a mirror.

    Left and right are the person's own, so they change places; what is in the middle stays.
    """
    mirrored = [_mirrored(name) for name in names]
    return np.array(
        [names.index(name) if name in names else at for at, name in enumerate(mirrored)]
    )


def _mirrored(name: str) -> str:
    sides = {"left": "right", "right": "left"}
    return "_".join(sides.get(word, word) for word in name.split("_"))


def change(
    image: Image,
    points: Points,
    mirror: npt.NDArray[np.int64],
    how: FaceAugmentation,
    generator: np.random.Generator,
) -> tuple[Image, Points]:
    """Return a changed copy of ``image`` (side, side) and where its ``points`` (k, 2) are then.

    mirror: what ``swapped`` gives for the points.
    """
    side = len(image)
    matrix = _movement(side, how, generator)
    if how.flip and generator.random() < 0.5:
        matrix = matrix @ np.array([[-1, 0, side - 1], [0, 1, 0], [0, 0, 1]], dtype=np.float64)
        points = points[mirror]
    border = _BORDERS[generator.integers(len(_BORDERS))]
    beyond = (float(generator.integers(256)),)
    size = (side, side)
    moved = cv2.warpAffine(image, matrix[:2], size, borderMode=border, borderValue=beyond)
    beside = np.array([how.labels_right_px, 0.0])
    there = (points - beside) @ matrix[:2, :2].T + matrix[:2, 2] + beside
    return worse(moved.astype(np.uint8, copy=False), how, generator), there.astype(np.float32)


def _movement(side: int, how: FaceAugmentation, generator: np.random.Generator) -> Matrix:
    """Return the matrix (3, 3) by which a picture is turned, scaled and moved."""
    angle = generator.uniform(-how.rotate_deg, how.rotate_deg)
    scale = math.exp(generator.uniform(-1, 1) * math.log(how.scale))
    shift_xy = generator.uniform(-how.shift, how.shift, size=2) * side
    if generator.random() < how.steady:
        angle, scale, shift_xy = 0.0, 1.0, np.round(shift_xy)
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle, scale)
    matrix[:2, 2] += shift_xy
    return matrix


def worse(image: Image, how: FaceAugmentation, generator: np.random.Generator) -> Image:
    """Return uint8 (side, side): ``image`` in another light, and as a worse camera sees it."""
    if generator.random() < how.coarse:
        image = _coarse(image, how, generator)
    lit = _lit(image, how, generator)
    if how.noise and generator.random() < 0.5:
        lit = lit + generator.normal(0, generator.uniform(0, how.noise), image.shape)
    seen = np.clip(lit, 0, 255).astype(np.uint8)
    if generator.random() < how.jpeg:
        quality = int(generator.integers(15, 80))
        _, packed = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, quality])
        seen = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).astype(np.uint8, copy=False)
    if generator.random() < how.erase:
        _erase(seen, generator)
    return seen


def _coarse(image: Image, how: FaceAugmentation, generator: np.random.Generator) -> Image:
    """Return ``image`` as if it had been taken with fewer pixels."""
    side = len(image)
    fewer = max(8, round(side / generator.uniform(1, how.coarsest)))
    small = cv2.resize(image, (fewer, fewer), interpolation=cv2.INTER_AREA)
    smoothly = _SMOOTHLY[generator.integers(len(_SMOOTHLY))]
    large = cv2.resize(small, (side, side), interpolation=smoothly)
    return large.astype(np.uint8, copy=False)


def _lit(
    image: Image, how: FaceAugmentation, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    gamma = math.exp(generator.uniform(-1, 1) * math.log(how.gamma))
    contrast = generator.uniform(1 - how.contrast, 1 + how.contrast)
    brightness = generator.uniform(-how.brightness, how.brightness)
    # All that happens to a level alone is done once for each of the 256.
    levels = 255 * (np.arange(256) / 255) ** gamma
    mean = levels[image].mean()
    return np.asarray(((levels - mean) * contrast + mean + brightness)[image])


def _erase(image: Image, generator: np.random.Generator) -> None:
    """Cover a rectangle with one grey level (Zhong et al. 2017): a hand, a microphone."""
    side = len(image)
    height, width = generator.integers(side // 10, side // 3, size=2)
    top, left = (int(generator.integers(0, side - n)) for n in (height, width))
    image[top : top + height, left : left + width] = generator.integers(256)
