"""Random changes to training images that keep their expression."""

from __future__ import annotations

from typing import Annotated

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from training.degradation import Degradation, degrade
from training.labels import SIDE

Share = Annotated[float, Meta(ge=0, lt=1)]
NotNegative = Annotated[float, Meta(ge=0)]


class Augmentation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far an image may be changed; each value is drawn uniformly within it.

    ``sharp`` of the images are moved by whole pixels, and neither turned nor scaled: that
    would blur each of them, and a network that has never been shown a sharp picture reads
    it worse than a blurred one. What a camera loses besides is ``degradation``; by default
    nothing is.
    """

    flip: bool = True
    rotate_deg: NotNegative = 15.0
    scale: Share = 0.15
    shift_px: NotNegative = 4.0
    sharp: Annotated[float, Meta(ge=0, le=1)] = 0.5
    contrast: Share = 0.3
    brightness: NotNegative = 30.0
    erase_probability: Annotated[float, Meta(ge=0, le=1)] = 0.5
    erase_side_px: tuple[int, int] = (6, 18)
    degradation: Degradation = Degradation()

    def __post_init__(self) -> None:
        low, high = self.erase_side_px
        if not 1 <= low <= high <= SIDE:
            raise ValueError(f"erase_side_px is {low}, {high}: give 1 <= low <= high <= {SIDE}")


def augment(
    images: npt.NDArray[np.uint8], how: Augmentation, generator: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return a changed copy of ``images`` (n, h, w) as float32 grey levels 0-255."""
    changed = np.empty(images.shape, dtype=np.float32)
    for image, out in zip(images, changed, strict=True):
        out[...] = _light(_move(image, how, generator), how, generator)
        # Nothing is drawn where nothing is degraded: older runs go on as they began.
        if how.degradation.share and generator.random() < how.degradation.share:
            out[...] = degrade(np.round(out).astype(np.uint8), how.degradation, generator)
        _erase(out, how, generator)
    return changed


def _move(
    image: npt.NDArray[np.uint8], how: Augmentation, generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    height, width = image.shape
    angle = generator.uniform(-how.rotate_deg, how.rotate_deg)
    scale = generator.uniform(1 - how.scale, 1 + how.scale)
    shift_xy = generator.uniform(-how.shift_px, how.shift_px, size=2)
    if generator.random() < how.sharp:
        angle, scale, shift_xy = 0.0, 1.0, np.round(shift_xy)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
    matrix[:, 2] = matrix[:, 2] + shift_xy
    if how.flip and generator.random() < 0.5:
        matrix = matrix @ np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], dtype=np.float64)
    moved = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.uint8, copy=False)


def _light(
    image: npt.NDArray[np.uint8], how: Augmentation, generator: np.random.Generator
) -> npt.NDArray[np.float32]:
    contrast = generator.uniform(1 - how.contrast, 1 + how.contrast)
    brightness = generator.uniform(-how.brightness, how.brightness)
    mean = image.mean(dtype=np.float32)
    lit = (image - mean) * np.float32(contrast) + (mean + np.float32(brightness))
    clipped: npt.NDArray[np.float32] = np.clip(lit, 0, 255).astype(np.float32, copy=False)
    return clipped


def _erase(
    image: npt.NDArray[np.float32], how: Augmentation, generator: np.random.Generator
) -> None:
    """Cover a random rectangle with one grey level (Zhong et al. 2017, random erasing)."""
    if generator.random() >= how.erase_probability:
        return
    low, high = how.erase_side_px
    height, width = generator.integers(low, high + 1, size=2)
    top = generator.integers(0, image.shape[0] - height + 1)
    left = generator.integers(0, image.shape[1] - width + 1)
    image[top : top + height, left : left + width] = generator.uniform(0, 255)
