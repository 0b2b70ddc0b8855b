"""From a frame and a box to the input of a model.

Training, conversion and the device all come through here, so that what a
model learned on and what it is shown cannot differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.records import BoxXYXY, Grey

Matrix = npt.NDArray[np.float64]
# A face that is tilted by less is read alike; turning it costs five times the crop.
_TILTED_DEG = 3.0
# OpenCV counts from the middle of the first pixel.
_TO_INDEX = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])
_FROM_INDEX = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class Framing:
    """How the square that a model wants to see lies on a detector's box.

    scale: the side of the square in sides of the box.
    shift_x, shift_y: from the centre of the box to that of the square, right
        and down, in sides of the box.

    Raises ValueError for a scale that is not above 0.
    """

    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"a framing's scale is above 0, got {self.scale}")


def square_around(box_xyxy: BoxXYXY, framing: Framing) -> BoxXYXY:
    """Return the square to cut out for the face in ``box_xyxy``.

    It may reach outside the picture, and is at least one pixel wide.
    """
    left, top, right, bottom = box_xyxy
    box_side = max(right - left, bottom - top)
    side = max(1, round(box_side * framing.scale))
    centre_x = (left + right) / 2 + framing.shift_x * box_side
    centre_y = (top + bottom) / 2 + framing.shift_y * box_side
    square_left = round(centre_x - side / 2)
    square_top = round(centre_y - side / 2)
    return square_left, square_top, square_left + side, square_top + side


def crop_face(
    grey: Grey,
    box_xyxy: BoxXYXY,
    framing: Framing,
    side_px: int = 48,
    *,
    angle_deg: float = 0.0,
) -> Grey:
    """Return the face in ``box_xyxy``, upright, as uint8 (side_px, side_px).

    grey: uint8 (height, width). Where the square reaches beyond the edge of the
    picture, the edge's own pixels are repeated: FER2013 has no black bars.
    angle_deg: how far the face is tilted, clockwise as one sees it.

    Raises ValueError where the square, not tilted, does not touch the picture.
    """
    if not math.isfinite(angle_deg):
        raise ValueError(f"a tilt is in degrees, got {angle_deg}")
    square = square_around(box_xyxy, framing)
    if not _inside(grey, square).size:
        height, width = grey.shape
        raise ValueError(f"box {box_xyxy} lies outside a frame of {width}x{height} pixels")
    if angle_deg:
        return _turned(grey, box_xyxy, framing, side_px, angle_deg)
    return _shrunk(grey, square, side_px)


def crop_to_read(
    grey: Grey, box_xyxy: BoxXYXY, framing: Framing, side_px: int, *, angle_deg: float
) -> Grey:
    """Return what a network that reads the face in ``box_xyxy`` is shown.

    That is ``crop_face``, of a face that is hardly tilted as it is. What it takes and raises is
    as of that.
    """
    tilt_deg = angle_deg if abs(angle_deg) >= _TILTED_DEG else 0.0
    return crop_face(grey, box_xyxy, framing, side_px, angle_deg=tilt_deg)


def from_crop(
    points_xy: npt.NDArray[np.floating[Any]],
    box_xyxy: BoxXYXY,
    framing: Framing,
    *,
    angle_deg: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Return where points of a crop lie in the frame that ``crop_face`` has cut it from.

    points_xy: (n, 2), in sides of the crop from its corner, x right and y down. Returned is
        float64 (n, 2), in pixels of the frame from its corner: the middle of the first pixel
        lies at 0.5.
    """
    if not angle_deg:
        left, top, right, _ = square_around(box_xyxy, framing)
        return np.asarray(points_xy * float(right - left) + (left, top))
    back = np.linalg.inv(_onto_crop(box_xyxy, framing, 1.0, angle_deg))
    return np.asarray(points_xy @ back[:2, :2].T + back[:2, 2])


def _onto_crop(box_xyxy: BoxXYXY, framing: Framing, size_px: float, angle_deg: float) -> Matrix:
    """Return the matrix from a frame to the square on a tilted face, of ``size_px``."""
    left, top, right, bottom = box_xyxy
    box_side = max(right - left, bottom - top)
    scale = size_px / (framing.scale * box_side)
    matrix = onto_square(((left + right) / 2, (top + bottom) / 2), angle_deg, scale, size_px)
    matrix[:2, 2] -= scale * box_side * framing.shift_x, scale * box_side * framing.shift_y
    return matrix


def _inside(grey: Grey, square: BoxXYXY) -> Grey:
    """Return what of ``square`` lies in the picture; it may be empty."""
    left, top, right, bottom = square
    return grey[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]


def _shrunk(grey: Grey, square: BoxXYXY, side_px: int) -> Grey:
    """Return ``square`` of the picture as uint8 (side_px, side_px)."""
    left, top, right, bottom = square
    height, width = grey.shape
    inside = _inside(grey, square)
    # Shrinking averages over the pixels that fall together; enlarging interpolates.
    shrinks = right - left > side_px
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    if inside.shape != (bottom - top, right - left):
        inside = cv2.copyMakeBorder(
            inside,
            max(-top, 0), max(bottom - height, 0),
            max(-left, 0), max(right - width, 0),
            cv2.BORDER_REPLICATE,
        ).astype(np.uint8, copy=False)  # fmt: skip
    crop = cv2.resize(inside, (side_px, side_px), interpolation=interpolation)
    return crop.astype(np.uint8, copy=False)


def onto_square(
    centre_xy: tuple[float, float], angle_deg: float, scale: float, size_px: float
) -> Matrix:
    """Return the matrix (3, 3) from a frame to a square of ``size_px`` round a point of it.

    What is tilted by ``angle_deg``, clockwise as one sees it, is upright in the square, and
    ``scale`` times as large. Both are in pixels from the top left corner, so that the middle
    of the first pixel lies at 0.5.
    """
    x, y = centre_xy
    a = scale * math.cos(math.radians(angle_deg))
    b = scale * math.sin(math.radians(angle_deg))
    half = size_px / 2
    return np.array([[a, b, half - a * x - b * y], [-b, a, half + b * x - a * y], [0.0, 0.0, 1.0]])


def cut(grey: Grey, matrix: Matrix, size_px: int) -> Grey:
    """Return uint8 (size_px, size_px): what ``matrix`` brings there from ``grey``.

    Beyond the edge of the picture the edge's own pixels are repeated.
    """
    by_index = (_TO_INDEX @ matrix @ _FROM_INDEX)[:2]
    square = cv2.warpAffine(grey, by_index, (size_px, size_px), borderMode=cv2.BORDER_REPLICATE)
    return square.astype(np.uint8, copy=False)


def _turned(
    grey: Grey, box_xyxy: BoxXYXY, framing: Framing, side_px: int, angle_deg: float
) -> Grey:
    """Return the square on a tilted face, upright, as uint8 (side_px, side_px)."""
    left, top, right, bottom = box_xyxy
    side = framing.scale * max(right - left, bottom - top)
    # Turning takes the nearest pixels alone: it is done somewhat finer, then averaged.
    fine_px = 2 * side_px if side > side_px else side_px
    matrix = _onto_crop(box_xyxy, framing, fine_px, angle_deg)
    piece, onto_piece = _shrunk_piece(grey, matrix, fine_px)
    fine = cut(piece, matrix @ np.linalg.inv(onto_piece), fine_px)
    crop = cv2.resize(fine, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return crop.astype(np.uint8, copy=False)


def _shrunk_piece(grey: Grey, matrix: Matrix, size_px: int) -> tuple[Grey, Matrix]:
    """Return what ``cut`` will need of a picture, hardly finer than that, and the matrix to it."""
    scale = math.hypot(matrix[0, 0], matrix[0, 1])
    x, y, _ = np.linalg.solve(matrix, (size_px / 2, size_px / 2, 1.0))
    reach = size_px / scale * math.sqrt(0.5) + 1
    left, top = (max(0, math.floor(middle - reach)) for middle in (x, y))
    piece = grey[top : max(0, math.ceil(y + reach)), left : max(0, math.ceil(x + reach))]
    if not piece.size:
        return grey, np.eye(3)
    smaller = max(1, math.floor(1 / scale))
    rows, columns = (max(1, round(pixels / smaller)) for pixels in piece.shape)
    by_x, by_y = columns / piece.shape[1], rows / piece.shape[0]
    onto_piece = np.array([[by_x, 0.0, -by_x * left], [0.0, by_y, -by_y * top], [0.0, 0.0, 1.0]])
    if smaller == 1:
        return piece, onto_piece
    small = cv2.resize(piece, (columns, rows), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False), onto_piece
