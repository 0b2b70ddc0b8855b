"""Images of any size, made what the networks take: 48x48 and grey."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.preprocess import Framing, crop_face
from training.labels import SIDE

log = logging.getLogger(__name__)

Images = npt.NDArray[np.uint8]
_WHOLE = Framing()


@dataclass
class Fitting:
    """Fits images one by one, and can say at the end what it had to change.

    images: how many went through.
    coloured: how many of them had colours. Grey levels saved three times have none.
    sizes: width and height, in pixels, of each that was resized.
    """

    images: int = 0
    coloured: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def fit(self, image: npt.NDArray[Any], face: Images | None = None) -> Images:
        """Return ``image``, uint8 (height, width) or BGR (height, width, 3), as uint8 (48, 48).

        Where it is not square, its edge is repeated to make it so.

        face: what was cut out of it, uint8 (48, 48), to be returned in its place.
        """
        self.images += 1
        self.coloured += bool(image.ndim == 3 and (image != image[..., :1]).any())
        grey = as_grey(image) if face is None else face
        height, width = grey.shape
        if (width, height) == (SIDE, SIDE):
            return grey
        self.sizes.append((width, height))
        # The device's own way to a crop, so that nothing is stretched here that is not there.
        return crop_face(grey, (0, 0, width, height), _WHOLE, SIDE)

    @property
    def oblong(self) -> int:
        """How many of those that were resized were not square."""
        return sum(width != height for width, height in self.sizes)

    def warn(self, path: Path) -> None:
        """Say once, in a warning, what was changed of the images of ``path``, if anything was."""
        done = []
        if self.coloured:
            done.append(f"{self.coloured:,} in colour made grey")
        if self.sizes:
            done.append(f"{len(self.sizes):,} of {_range(self.sizes)} pixels resized to 48x48")
        if self.oblong:
            done.append(f"{self.oblong:,} of these made square by repeating their edges")
        if done:
            log.warning("%s: of %s images %s", path, f"{self.images:,}", ", ".join(done))


def as_grey(image: npt.NDArray[Any]) -> Images:
    """Return ``image``, uint8 (height, width) or BGR (height, width, 3), as grey levels."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return grey.astype(np.uint8, copy=False)


def _range(sizes: list[tuple[int, int]]) -> str:
    """Return the smallest and the largest of ``sizes`` by area, or the only one, as 64x48."""
    ordered = sorted(set(sizes), key=lambda size: size[0] * size[1])
    named = [f"{width}x{height}" for width, height in ordered]
    return named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}"
