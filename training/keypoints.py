"""CSV files of points on faces, with pictures or without.

The layout is that of the ``training.csv`` of Kaggle's Facial Keypoints Detection: a column
``NAME_x`` and a column ``NAME_y`` for each point, in pixels, and perhaps ``Image`` with the
grey levels. What a point is called is the file's own matter, so a file of the 68 points of
iBUG is read as well as one of Kaggle's 15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.fer2013 import parse_pixels
from training.fitting import Images
from training.tables import rows

Points = npt.NDArray[np.float32]

# The sides, in pixels, that the pictures may have, and how far outside of one a point may
# lie, in its sides: a box can cut a chin off, but what lies further away is a broken row.
_SIDES = range(16, 1025)
_OUTSIDE = 2.0


@dataclass(frozen=True)
class Keypoints:
    """Points on faces, in the order of their file.

    names: what the k points are called, in lower case, in the order of the columns.
    points: float32 (n, k, 2), x right and y down in pixels of the picture, whose first
        pixel has its centre at 0, 0; NaN, both of them, where a point is missing.
    images: uint8 (n, side, side), grey levels 0-255; None where the file has no pictures.
    """

    names: tuple[str, ...]
    points: Points
    images: Images | None = None

    def __len__(self) -> int:
        return len(self.points)

    @property
    def pictures(self) -> Images:
        """The ``images``; raises DataError where the file had none."""
        if self.images is None:
            raise DataError("points without pictures: there is nothing to look at")
        return self.images

    def take(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Keypoints:
        """Return the rows that ``index`` (integers or booleans) selects."""
        images = None if self.images is None else self.images[index]
        return Keypoints(self.names, self.points[index], images)


def read_keypoints(path: Path) -> Keypoints:
    """Read the CSV file at ``path``, also compressed (``.gz``, ``.xz``, ``.zip``).

    An empty cell, or "nan", is a missing point; a point with one coordinate alone is missing
    too. All pictures have the side of the first.

    Raises DataError, naming file and line, where it cannot be read or a row is broken.
    """
    names: tuple[str, ...] = ()
    points: list[Points] = []
    images: list[Images] = []
    for line, row in rows(path):
        names = names or _names(path, row)
        try:
            if "image" in row:
                images.append(_image(row["image"], len(images[0]) if images else 0))
            points.append(_points(row, names, len(images[0]) if images else 0))
        except ValueError as error:
            raise DataError(f"{path}, line {line}: {error}") from error
    if not points:
        raise DataError(f"{path}: no rows below the header")
    return Keypoints(names, np.stack(points), np.stack(images) if images else None)


def _names(path: Path, row: dict[str, str]) -> tuple[str, ...]:
    """Return the names of the points, in the order of their columns."""
    columns = list(row)
    names = tuple(name.removesuffix("_x") for name in columns if name.endswith("_x"))
    for name in names:
        if f"{name}_y" not in row:
            raise DataError(f"{path}: a column '{name}_x', but none '{name}_y'")
    if not names:
        named = ", ".join(name[:24] for name in columns[:4])
        raise DataError(
            f"{path}: no points: the first line must name columns NAME_x and NAME_y, "
            f"and perhaps Image; it begins: {named}"
        )
    return names


def _points(row: dict[str, str], names: tuple[str, ...], side: int) -> Points:
    """Return float32 (k, 2); ``side`` is that of the picture, or 0 where there is none."""
    flat = [_coordinate(row[f"{name}_{axis}"], name, side) for name in names for axis in "xy"]
    points = np.array(flat, dtype=np.float32).reshape(-1, 2)
    points[np.isnan(points).any(axis=1)] = np.nan
    return points


def _coordinate(text: str, name: str, side: int) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is at {text.strip()[:20]!r}, not a number") from None
    far = bool(side) and not -_OUTSIDE * side <= value <= (1 + _OUTSIDE) * side
    if not math.isnan(value) and (far or math.isinf(value)):
        raise ValueError(f"{name} is at {value:g}, far outside of the picture of {side} pixels")
    return value


def _image(text: str, side: int) -> Images:
    """Return uint8 (side, side); ``side`` 0 stands for any."""
    levels = parse_pixels(text)
    here = math.isqrt(levels.size)
    if here * here != levels.size or here not in _SIDES:
        raise ValueError(f"{levels.size} pixels make no square picture of {_SIDES[0]} or more")
    if side and here != side:
        raise ValueError(f"{levels.size} pixels instead of {side * side}")
    return levels.reshape(here, here)
