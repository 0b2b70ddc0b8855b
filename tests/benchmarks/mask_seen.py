"""How much of a face is seen where the background is hidden: the mask as the device uses it.

    python -m tests.benchmarks.mask_seen --data keypoints_test.csv.xz \\
        --outlines landmarks68_test.csv.xz

Each face is found by the device's own finder, in its picture four times as large and with a
border, and marked in the box that comes of it. A pixel is seen where half of it or more is shown.
The workshop and the card measure the network alone, on the crop that it was made for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.faces import FaceFinder
from device.mask import FaceMask
from device.model_store import SHIPPED
from device.records import Grey
from training.mask.figures import compare
from training.mask.outlines import read_outlines
from training.mask.report import lines

TIMES = 4


def main() -> None:
    """Print the overlap of what is seen with the outlines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a CSV file with pictures")
    parser.add_argument("--outlines", type=Path, required=True, help="68 points of each")
    options = parser.parse_args()
    faces = read_outlines(options.data, options.outlines)
    finder, mask = FaceFinder(), FaceMask(SHIPPED / "mask.tflite")
    seen = [marked(picture, finder, mask) for picture in faces.pictures]
    found = np.array([one is not None for one in seen])
    overlaps = compare((one for one in seen if one is not None), faces.take(found))
    print(f"{found.sum():,} of {len(found):,} faces are found")
    print("\n".join(lines("seen", overlaps)))


def marked(picture: Grey, finder: FaceFinder, mask: FaceMask) -> npt.NDArray[np.bool_] | None:
    """Return what is seen of the face in a square ``picture``; None where none is found."""
    side = len(picture)
    border = side // 2
    wide = cv2.copyMakeBorder(picture, *[border] * 4, cv2.BORDER_REPLICATE)
    large = cv2.resize(wide, None, fx=TIMES, fy=TIMES, interpolation=cv2.INTER_LINEAR)
    boxes = finder.find(large)
    shown = mask.mark(large, boxes[0]) if boxes else None
    if shown is None:
        return None
    whole = np.zeros(large.shape, np.float32)
    height, width = shown.share.shape
    whole[shown.top : shown.top + height, shown.left : shown.left + width] = shown.share
    small = cv2.resize(whole, wide.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small[border : border + side, border : border + side] >= 0.5)


if __name__ == "__main__":
    main()
