"""Which pixels of a picture are a face's: a network marks them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.errors import ModelError
from device.model import Network
from device.model_file import MaskCard
from device.preprocess import crop_face, from_crop
from device.records import BoxXYXY, Grey

Shares = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float32]

# From the mask's edge, where as much speaks for the face as against it, it takes so much more
# (a logit, so odds of 4 to 1) until a pixel is the face's altogether: a soft edge, within it.
_SURE = 1.5
# What lies beyond the crop is no face's.
_NO_FACE = -100.0
# Where a face lies on a detector's box, in sides of it: the median of 877 boxes of the device's
# cascade on pictures with outlines. For want of a network that knows better.
_OVAL = (0.42, 0.42)
_OVAL_DOWN = 0.16


@dataclass(frozen=True, eq=False)
class Marked:
    """A piece of a picture, and how much of each pixel there is a face's.

    left, top: its corner, in pixels of the picture. It lies inside of that.
    share: float32 (height, width), 0-1.
    """

    left: int
    top: int
    share: Shares


class FaceMask(Network[MaskCard]):
    """A network that says of each part of a crop whether it is the face's.

    path: the ``.tflite`` file. runtime, threads, exact: as of ``Network``.

    Raises ModelError, naming the file, where it cannot be used.
    """

    def __init__(
        self, path: Path, *, runtime: str = "auto", threads: int = 1, exact: bool = False
    ) -> None:
        super().__init__(path, MaskCard, runtime=runtime, threads=threads, exact=exact)
        if len(self.output_shape) != 3 or self.output_shape[-1] != 1:
            raise ModelError(f"{path}: output {[(1, *self.output_shape)]}, but a mask has one map")

    def logits(self, crop: Grey) -> Logits:
        """Return float32 (rows, columns): what speaks for each part's being the face's.

        crop: uint8 (side_px, side_px), grey levels 0-255. Above 0 more speaks for it.

        Raises ValueError for a crop of another shape or type.
        """
        raw = self.run(crop)[..., 0]
        return np.asarray((raw - np.float32(self.zero)) * np.float32(self.step), np.float32)

    def mark(self, grey: Grey, box_xyxy: BoxXYXY, angle_deg: float = 0.0) -> Marked | None:
        """Return which pixels of ``grey`` are those of the face in ``box_xyxy``.

        Whatever the network says, they lie in an ellipse that just fits into what it was
        shown. None where the face is not in the picture.
        grey: uint8 (height, width). angle_deg: how far the face is tilted, clockwise.
        """
        try:
            crop = crop_face(grey, box_xyxy, self.framing, self.side_px, angle_deg=angle_deg)
        except ValueError:  # outside of the picture
            return None
        corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        there = from_crop(corners, box_xyxy, self.framing, angle_deg=angle_deg)
        piece = _piece(grey.shape, there)
        if piece is None:
            return None
        left, top, right, bottom = piece
        size = (right - left, bottom - top)
        logits = self.logits(crop)
        fine = cv2.warpAffine(
            logits, _to_cells(there - (left, top), logits.shape), size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(_NO_FACE,),
        )  # fmt: skip
        share = np.clip(fine / np.float32(_SURE), 0, 1)
        half = float(np.linalg.norm(there[1] - there[0])) / 2
        middle = there.mean(axis=0) - (left, top)
        share *= _ellipse(size, middle, (half, half), angle_deg)
        return Marked(left, top, share)


def oval(grey: Grey, box_xyxy: BoxXYXY, angle_deg: float = 0.0) -> Marked | None:
    """Return the ellipse in which a face lies mostly, where no network knows better.

    What it takes and returns is as of ``FaceMask.mark``.
    """
    left, top, right, bottom = box_xyxy
    side = max(right - left, bottom - top)
    turn = math.radians(angle_deg)
    down = np.array([-math.sin(turn), math.cos(turn)]) * _OVAL_DOWN * side
    middle = np.array([(left + right) / 2, (top + bottom) / 2]) + down
    axes = (_OVAL[0] * side, _OVAL[1] * side)
    reach = max(axes)
    piece = _piece(grey.shape, np.stack([middle - reach, middle + reach]))
    if piece is None:
        return None
    corner = np.array(piece[:2])
    size = (piece[2] - piece[0], piece[3] - piece[1])
    return Marked(*piece[:2], _ellipse(size, middle - corner, axes, angle_deg))


def _piece(shape: tuple[int, ...], corners: npt.NDArray[np.float64]) -> BoxXYXY | None:
    """Return the piece of a picture of that shape that holds all ``corners``; None for nothing."""
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(shape[1], int(high[0])), min(shape[0], int(high[1]))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _to_cells(corners: npt.NDArray[np.float64], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return the matrix (2, 3) from pixels of a piece to cells, both counted from their middles.

    corners: of the crop in the piece: the top left one, the top right and the bottom left one.
    """
    rows, columns = shape
    across, down = corners[1] - corners[0], corners[2] - corners[0]
    onto = np.linalg.inv(np.stack([across, down], axis=1)) * [[columns], [rows]]
    # The middle of the first pixel lies half a pixel from its corner, and so with cells.
    start = onto @ (0.5 - corners[0]) - 0.5
    return np.column_stack([onto, start])


def _ellipse(
    size_px: tuple[int, int],
    middle_xy: npt.NDArray[np.float64],
    axes_px: tuple[float, float],
    angle_deg: float,
) -> Shares:
    """Return float32 (height, width): 1 in an ellipse with these half axes, else 0."""
    drawn = np.zeros(size_px[::-1], np.uint8)
    fine = 16  # positions and lengths are given to OpenCV in 16ths of a pixel
    at = [round(float(value - 0.5) * fine) for value in middle_xy]
    axes = [max(1, round(axis * fine)) for axis in axes_px]
    cv2.ellipse(drawn, at, axes, angle_deg, 0, 360, (1,), cv2.FILLED, cv2.LINE_8, 4)
    return drawn.astype(np.float32)
