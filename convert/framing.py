"""How the training images are framed, seen by the detector that the device uses.

The square that a model learned from is not the box that a Haar cascade draws:
the cascade's box is looser or tighter, and lies higher or lower. So the
cascade is run on training images, enlarged and with a border round them, and
the image is described in units of the box that was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from convert.arrays import Images
from device.errors import ModelError
from device.faces import FaceFinder
from device.preprocess import Framing
from device.records import BoxXYXY, Grey

ENLARGED_PX = 192
# Room for a box that is larger than the image, filled with the image's edge.
BORDER_PX = 64
# With fewer boxes than this the median is chance.
FEWEST = 30
# A face that fills less of the bordered picture than this is a button or an eye.
_SMALLEST = 0.3


class Finder(Protocol):
    """Whatever finds faces in a grey picture, the largest first."""

    def find(self, grey: Grey) -> list[BoxXYXY]:
        """Return the boxes of the faces in uint8 (height, width)."""


@dataclass(frozen=True)
class Quartiles:
    """The lower and the upper quartile of each number of a framing."""

    scale: tuple[float, float]
    shift_x: tuple[float, float]
    shift_y: tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """A framing, in how many of how many images a face was found, and the spread."""

    framing: Framing
    found: int
    images: int
    quartiles: Quartiles


def measure_framing(images: Images, finder: Finder | None = None) -> Measured:
    """Return the median framing of ``images``, uint8 (n, side, side), each of one face.

    finder: what looks for the faces; the device's own, unless another is given.

    Raises ModelError where too few faces are found to tell.
    """
    finder = finder or FaceFinder(width_px=ENLARGED_PX + 2 * BORDER_PX, smallest=_SMALLEST)
    found = [boxes[0] for image in images if (boxes := finder.find(_bordered(image)))]
    if len(found) < FEWEST:
        raise ModelError(
            f"faces found in {len(found)} of {len(images)} training images: "
            f"{FEWEST} are needed to measure how faces are framed"
        )
    # (3, found): scale, shift_x, shift_y
    framings = np.array([_framing(box) for box in found]).T
    scale, shift_x, shift_y = (round(float(np.median(row)), 3) for row in framings)
    framing = Framing(scale, shift_x, shift_y)
    quartiles = Quartiles(*(_quartiles(row) for row in framings))
    return Measured(framing, len(found), len(images), quartiles)


def _bordered(image: npt.NDArray[np.uint8]) -> Grey:
    large = cv2.resize(image, (ENLARGED_PX, ENLARGED_PX), interpolation=cv2.INTER_CUBIC)
    bordered = cv2.copyMakeBorder(
        large, BORDER_PX, BORDER_PX, BORDER_PX, BORDER_PX, cv2.BORDER_REPLICATE
    )
    return np.asarray(bordered, dtype=np.uint8)


def _framing(box_xyxy: BoxXYXY) -> tuple[float, float, float]:
    """Describe the whole image in units of the box that was found in it."""
    left, top, right, bottom = box_xyxy
    side = max(right - left, bottom - top)
    centre = BORDER_PX + ENLARGED_PX / 2
    return (
        ENLARGED_PX / side,
        (centre - (left + right) / 2) / side,
        (centre - (top + bottom) / 2) / side,
    )


def _quartiles(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [25, 75])
    return round(float(low), 3), round(float(high), 3)
