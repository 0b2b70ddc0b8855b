"""How FER2013's faces are framed, seen by the detector that the device uses.

The square that a model learned from is not the box that a Haar cascade draws:
the cascade's box is looser or tighter, and lies higher or lower. So the
cascade is run on training images, enlarged and with a border round them, and
the image is described in units of the box that was found.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from device.errors import ModelError
from device.faces import FaceFinder
from device.preprocess import Framing

ENLARGED_PX = 192
# Room for a box that is larger than the image, filled with the image's edge.
BORDER_PX = 64
# With fewer boxes than this the median is chance.
FEWEST = 30


@dataclass(frozen=True)
class Measured:
    """A framing, from how many images of how many it comes, and their spread.

    scale_quartiles: the lower and upper quartile of the scale.
    """

    framing: Framing
    found: int
    images: int
    scale_quartiles: tuple[float, float]


def measure_framing(images: npt.NDArray[np.uint8], finder: FaceFinder | None = None) -> Measured:
    """Return the median framing of ``images``, uint8 (n, side, side), each of one face.

    Raises ModelError where the cascade finds too few faces to tell.
    """
    finder = finder or FaceFinder(width_px=ENLARGED_PX + 2 * BORDER_PX, smallest=0.3)
    framings = []
    for image in images:
        large = cv2.resize(image, (ENLARGED_PX, ENLARGED_PX), interpolation=cv2.INTER_CUBIC)
        border = [BORDER_PX] * 4
        boxes = finder.find(cv2.copyMakeBorder(large, *border, cv2.BORDER_REPLICATE))
        if boxes:
            framings.append(_framing(boxes[0]))
    if len(framings) < FEWEST:
        raise ModelError(
            f"faces found in {len(framings)} of {len(images)} training images: "
            f"{FEWEST} are needed to measure how faces are framed"
        )
    scale, shift_x, shift_y = np.median(framings, axis=0)
    low, high = np.percentile([f[0] for f in framings], [25, 75])
    framing = Framing(round(float(scale), 3), round(float(shift_x), 3), round(float(shift_y), 3))
    return Measured(framing, len(framings), len(images), (round(low, 3), round(high, 3)))


def _framing(box_xyxy: tuple[int, int, int, int]) -> tuple[float, float, float]:
    """Describe the whole image in units of the box that was found in it."""
    left, top, right, bottom = box_xyxy
    side = right - left
    centre = BORDER_PX + ENLARGED_PX / 2
    return (
        ENLARGED_PX / side,
        (centre - (left + right) / 2) / side,
        (centre - (top + bottom) / 2) / side,
    )
