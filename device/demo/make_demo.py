"""Make the demo clip from the astronaut photograph that scikit-image ships.

The photograph shows Eileen Collins; NASA took it, and it is in the public
domain. Unzip ``skimage/data/astronaut.png`` from the wheel, then::

    pip download scikit-image==0.26.0 --no-deps
    unzip -j scikit_image-*.whl skimage/data/astronaut.png
    python device/demo/make_demo.py astronaut.png device/demo/demo.mp4
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from cv2.typing import MatLike

Picture = npt.NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 640, 360
RATE_HZ = 15
LENGTH_S = 20.0
# Head and shoulders in the photograph: centre and half axes of an ellipse.
CENTRE_XY, AXES_XY = (222, 190), (125, 170)
# Her hair nearly touches the photograph's edge: some more of the wall goes above it.
ABOVE_PX = 50
# Where the ellipse's centre is at each moment, in shares of the picture, how much the
# photograph is enlarged, and how far it is tilted, clockwise as one sees it. From about 12 s to
# 15 s she is outside.
PATH_S = (0, 3, 6, 9, 11, 12.4, 14.6, 16.5, 20)
PATH_X = (0.5, 0.38, 0.62, 0.5, 0.55, 1.35, 1.35, 0.4, 0.5)
PATH_Y = (0.55, 0.6, 0.5, 0.6, 0.55, 0.55, 0.6, 0.55, 0.55)
PATH_SCALE = (0.8, 1.05, 0.7, 1.2, 0.9, 0.9, 0.9, 0.75, 1.0)
PATH_TILT_DEG = (0, 0, 0, -20, 14, 0, 0, 0, 0)


def backdrop() -> Picture:
    """Return the empty room, uint8 (height, width, 3): a soft grey-blue gradient."""
    down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    light = 150 - 60 * down / HEIGHT_PX + 20 * across / WIDTH_PX
    colours = np.stack([light * 1.05, light, light * 0.92], axis=-1)
    return np.asarray(colours, dtype=np.uint8)


def cut_out(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return how much of the photograph shows, float32 (height, width) of 0-1."""
    mask = np.zeros(shape, dtype=np.float32)
    cv2.ellipse(mask, CENTRE_XY, AXES_XY, 0, 0, 360, (1.0,), thickness=-1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 8), dtype=np.float32)


def eased(time_s: float, values: tuple[float, ...]) -> float:
    """Return the value at ``time_s``, moving smoothly from one point of the path to the next."""
    index = max(i for i, start_s in enumerate(PATH_S[:-1]) if start_s <= time_s)
    share = (time_s - PATH_S[index]) / (PATH_S[index + 1] - PATH_S[index])
    smooth = (1 - math.cos(math.pi * share)) / 2
    return values[index] + (values[index + 1] - values[index]) * smooth


def frame_at(time_s: float, photograph: MatLike, mask: npt.NDArray[np.float32]) -> Picture:
    """Return the clip's picture at ``time_s``, uint8 (height, width, 3)."""
    scale = eased(time_s, PATH_SCALE)
    matrix = cv2.getRotationMatrix2D(CENTRE_XY, -eased(time_s, PATH_TILT_DEG), scale)
    matrix[0, 2] += eased(time_s, PATH_X) * WIDTH_PX - CENTRE_XY[0]
    matrix[1, 2] += eased(time_s, PATH_Y) * HEIGHT_PX - CENTRE_XY[1]
    size = (WIDTH_PX, HEIGHT_PX)
    person = cv2.warpAffine(photograph, matrix, size, flags=cv2.INTER_AREA)
    shown = cv2.warpAffine(mask, matrix, size)[..., np.newaxis]
    return (backdrop() * (1 - shown) + person * shown).astype(np.uint8)


def main() -> None:
    """Read the photograph, write the clip."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photograph", type=Path)
    parser.add_argument("clip", type=Path)
    options = parser.parse_args()
    photograph = cv2.imread(str(options.photograph))
    if photograph is None:
        parser.error(f"{options.photograph}: not a readable picture")
    photograph = cv2.copyMakeBorder(photograph, ABOVE_PX, 0, 0, 0, cv2.BORDER_REPLICATE)
    mask = cut_out(photograph.shape[:2])
    fourcc = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(options.clip), fourcc, RATE_HZ, (WIDTH_PX, HEIGHT_PX))
    if not writer.isOpened():
        parser.error(f"{options.clip}: cannot be written")
    for index in range(round(LENGTH_S * RATE_HZ)):
        writer.write(frame_at(index / RATE_HZ, photograph, mask))
    writer.release()


if __name__ == "__main__":
    main()
