"""People in rooms, of a file of keypoints, and faces of known expressions, all of them tilted."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.preprocess import cut, onto_square
from device.records import Grey
from tests.benchmarks import clutter
from training.data import LABELS, Split, load
from training.keypoints import read_keypoints

_TILT_DEG = 30.0
_ALONE_PX = 288


@dataclass(frozen=True)
class Scene:
    """A picture, uint8 (360, 640), with one face, tilted clockwise by so much."""

    picture: Grey
    tilt_deg: float


def scenes(path: Path, count: int) -> Iterator[tuple[Scene, Scene]]:
    """Yield ``count`` people of the file, evenly chosen, upright and tilted in the same place."""
    keypoints = read_keypoints(path)
    assert keypoints.images is not None
    left, right = (keypoints.names.index(f"{side}_eye_center") for side in ("left", "right"))
    chosen = np.linspace(0, len(keypoints) - 1, count).round().astype(int)
    for index, room in zip(chosen, clutter.pictures(len(chosen)), strict=True):
        across, down = keypoints.points[index, left] - keypoints.points[index, right]
        own_deg = math.degrees(math.atan2(down, across))
        head, tilt_deg = keypoints.images[index], _tilt_deg(int(index))
        yield (
            Scene(_put(head, room, -own_deg, int(index)), 0.0),
            Scene(_put(head, room, tilt_deg - own_deg, int(index)), tilt_deg),
        )


@functools.cache
def _expressions(path: Path) -> Split:
    return load(path).validation


def expressions(path: Path, count: int) -> Iterator[tuple[str, Scene, Scene]]:
    """Yield ``count`` faces of FER2013's validation split with what they express.

    Each is shown as it is and tilted; round it the picture's own edge goes on.
    """
    split = _expressions(path)
    for index in np.linspace(0, len(split) - 1, count).round().astype(int):
        tilt_deg = _tilt_deg(int(index))
        shown = [_alone(split.images[index], turn_deg) for turn_deg in (0.0, tilt_deg)]
        yield LABELS[split.labels[index]], Scene(shown[0], 0.0), Scene(shown[1], tilt_deg)


def _alone(head: Grey, turn_deg: float) -> Grey:
    """Return a head three times as large, turned clockwise, with some room round it."""
    middle = head.shape[1] / 2, head.shape[0] / 2
    return cut(head, onto_square(middle, -turn_deg, 3.0, _ALONE_PX), _ALONE_PX)


def _tilt_deg(seed: int) -> float:
    return float(np.random.default_rng(seed).uniform(-_TILT_DEG, _TILT_DEG))


def _put(head: Grey, room: Grey, turn_deg: float, seed: int) -> Grey:
    """Put a head into a room, turned clockwise."""
    generator = np.random.default_rng(seed)
    height, width = room.shape
    side = head.shape[0]
    scale = generator.uniform(120, 240) / side
    reach = scale * side / 2
    x = generator.uniform(reach, width - reach)
    y = generator.uniform(reach, height - reach)
    a, b = (scale * f(math.radians(turn_deg)) for f in (math.cos, math.sin))
    middle = side / 2
    matrix = np.array([[a, -b, x - (a - b) * middle], [b, a, y - (a + b) * middle]])
    mask = np.zeros(head.shape, np.float32)
    cv2.circle(mask, (side // 2, side // 2), round(0.47 * side), 1.0, -1)
    shown = cv2.warpAffine(cv2.GaussianBlur(mask, (0, 0), 1.5), matrix, (width, height))
    faded = 0.3 * room.astype(np.float32) + 90  # or clutter close to the face hides it
    drawn = cv2.warpAffine(head, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.clip(faded * (1 - shown) + drawn * shown, 0, 255).astype(np.uint8)
