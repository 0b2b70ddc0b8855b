"""Making parts of a picture unrecognisable, for good."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from device.records import BoxXYXY

Picture = npt.NDArray[np.uint8]

# A head, hair and ears and all, in sides of the box on its face: half its width, half its
# height, and how far its middle lies above the box's.
_HALF_WIDTH, _HALF_HEIGHT, _UP = 1.0, 1.2, 0.1
# All that is left of a part of the picture is the mean colour of so large squares. Of a face
# that is two by two of them; a person is recognised from seven by ten (Harmon 1973, who needed
# more, and Sinha et al. 2006).
_CELL = 0.5
# So many squares are left along the longer side of a background: of a face that fills the
# picture seven or eight.
_GROUND_CELLS = 10


def smeared(picture: Picture) -> Picture:
    """Return the whole picture, uint8 (height, width) or (height, width, 3), without any detail."""
    height, width = picture.shape[:2]
    cell = max(height, width) / _GROUND_CELLS
    return _coarse(picture, cell)


def smear_heads(picture: Picture, boxes: Iterable[BoxXYXY]) -> None:
    """Take the heads out of ``picture`` whose faces are in ``boxes``; they may lie beyond it.

    Heads that touch are one blot, with the squares of the largest of them.
    """
    for group in _touching([(_head(box), _side(box)) for box in boxes]):
        areas = [area for area, _ in group]
        left, top, right, bottom = _around(areas)
        piece = picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        if not piece.size:
            continue
        blot = np.zeros(piece.shape[:2], np.uint8)
        for area in areas:
            _fill(blot, area, (max(0, left), max(0, top)))
        coarse = _coarse(piece, _CELL * max(side for _, side in group))
        piece[blot > 0] = coarse[blot > 0]


def _coarse(picture: Picture, cell: float) -> Picture:
    """Return ``picture`` with nothing left of it but the means of squares of ``cell`` pixels."""
    height, width = picture.shape[:2]
    cells = (max(1, round(width / cell)), max(1, round(height / cell)))
    small = cv2.resize(picture, cells, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.uint8)


def _side(box: BoxXYXY) -> int:
    return max(box[2] - box[0], box[3] - box[1])


def _head(box: BoxXYXY) -> BoxXYXY:
    """Return the box of the head whose face is in ``box``."""
    side = _side(box)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - _UP * side
    across, down = _HALF_WIDTH * side, _HALF_HEIGHT * side
    return round(x - across), round(y - down), round(x + across), round(y + down)


def _fill(blot: npt.NDArray[np.uint8], area: BoxXYXY, corner: tuple[int, int]) -> None:
    """Fill the ellipse in ``area``; ``corner`` is that of ``blot`` in the picture."""
    left, top, right, bottom = area
    middle = ((left + right) // 2 - corner[0], (top + bottom) // 2 - corner[1])
    axes = ((right - left + 1) // 2, (bottom - top + 1) // 2)
    cv2.ellipse(blot, middle, axes, 0, 0, 360, (1,), cv2.FILLED)


def _touching(heads: list[tuple[BoxXYXY, int]]) -> list[list[tuple[BoxXYXY, int]]]:
    """Return the heads in groups: whose boxes meet are in one."""
    groups: list[list[tuple[BoxXYXY, int]]] = []
    for head in heads:
        near = [group for group in groups if any(_meet(head[0], other) for other, _ in group)]
        groups = [group for group in groups if group not in near]
        groups.append([head, *(other for group in near for other in group)])
    return groups


def _meet(one: BoxXYXY, other: BoxXYXY) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _around(areas: list[BoxXYXY]) -> BoxXYXY:
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
