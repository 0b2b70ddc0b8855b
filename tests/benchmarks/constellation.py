"""Where the points of a face lie in the box that the cascade puts on it.

    python -m tests.benchmarks.constellation keypoints_training.csv.xz

Faces of the file are set upright by their eyes and looked for; where they are found, the mean
of each point is printed in sides of the box from its middle, right and down, and how far
points stray from it once a face's box is laid by the points themselves. Both stand in
``device/faces/constellation.py``.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from device.faces import FaceFinder
from device.faces.constellation import laid
from device.preprocess import cut, onto_square
from training.keypoints import Keypoints, read_keypoints

_SIDE_PX = 320


def main() -> int:
    """Print a line for each point; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keypoints", type=Path, help="keypoints_training.csv, or like it")
    parser.add_argument("--faces", type=int, default=1500, help="how many, at most")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    keypoints = read_keypoints(options.keypoints)
    every = max(1, len(keypoints) // options.faces)
    tried = keypoints.take(np.arange(0, len(keypoints), every))
    found = np.array(list(in_boxes(tried)))
    mean = found.mean(axis=0)
    alike = np.full(len(mean), 1 / len(mean))
    aside = np.stack([laid(points, mean, alike)[1] for points in found])
    sides = np.array([laid(points, mean, alike)[0].side for points in found])
    strays = np.hypot(*np.moveaxis(aside / sides[:, None, None], 2, 0))
    strays = np.sqrt((strays**2).mean(axis=0))
    print(f"{len(found)} of {len(tried)} faces found")
    for name, (x, y), stray in zip(keypoints.names, mean, strays, strict=True):
        print(f"({x:+.3f}, {y:+.3f}, {stray:.3f}),  # {name}")
    return 0


def in_boxes(keypoints: Keypoints) -> Iterator[np.ndarray]:
    """Yield the points of each face that is found, float (k, 2), in sides of its box."""
    assert keypoints.images is not None
    finder = FaceFinder()
    left, right = (keypoints.names.index(f"{side}_eye_center") for side in ("left", "right"))
    for image, points in zip(keypoints.images, keypoints.points, strict=True):
        across, down = points[left] - points[right]
        tilt_deg, scale = math.degrees(math.atan2(down, across)), 2.0
        # Points count from the middle of the first pixel.
        middle = image.shape[1] / 2, image.shape[0] / 2
        matrix = onto_square(middle, tilt_deg, scale, _SIDE_PX)
        upright = (points + 0.5) @ matrix[:2, :2].T + matrix[:2, 2]
        for place in finder.places(cut(image, matrix, _SIDE_PX)):
            inside = (upright - (place.x, place.y)) / place.side
            if not place.angle_deg and np.abs(inside.mean(axis=0)).max() < 0.25:
                yield inside
                break


if __name__ == "__main__":
    sys.exit(main())
