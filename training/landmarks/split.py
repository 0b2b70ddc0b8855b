"""Which rows select the epoch: none that is nearly one of those that are learned.

The pictures are frames of films, in an order of chance: the same person, a second later, is
somewhere else in the file. So pictures that look alike once the eyes lie on the same places
are put into groups, by a chain of likeness, and a group goes to one side whole.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.keypoints import Keypoints

# Two pictures whose edges lie alike by so much, 0-1, are taken for one scene. Frames of YouTube
# Faces make 2,225 groups of 3,462 pictures so, of 65 at most; by 0.6 a third of all is one group.
_ALIKE = 0.7
# So many are compared with all before them at once.
_BLOCK = 512
_SIDE = 32
# Where the eyes come to lie, in sides of the picture.
_EYES_XY = ((0.32, 0.36), (0.68, 0.36))
_EYES = ("right_eye_center", "left_eye_center")

Groups = npt.NDArray[np.int64]


def split(faces: Keypoints, held_out: float, seed: int) -> tuple[Keypoints, Keypoints]:
    """Return the rows to learn from and those to select by, about ``held_out`` of all.

    Whole groups are drawn with ``seed``, so it is the same split every time.

    Raises DataError where that leaves one of both empty.
    """
    group = groups(faces)
    numbers, sizes = np.unique(group, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(numbers))
    enough = int(np.searchsorted(np.cumsum(sizes[order]), held_out * len(faces))) + 1
    held = np.isin(group, numbers[order[:enough]])
    if held.all():
        raise DataError(
            f"{len(faces)} pictures, all of them alike: there is nothing to select an epoch by"
        )
    return faces.take(~held), faces.take(held)


def groups(faces: Keypoints) -> Groups:
    """Return int64 (n,): the number of each picture's group, that of its first member.

    A picture whose eyes are not known is compared as it is.
    """
    looks = np.stack([_look(faces, row) for row in range(len(faces))])
    first = list(range(len(looks)))

    def head(row: int) -> int:
        while first[row] != row:
            first[row] = row = first[first[row]]
        return row

    for start in range(0, len(looks), _BLOCK):
        alike = looks[start : start + _BLOCK] @ looks[: start + _BLOCK].T > _ALIKE
        for row, other in np.argwhere(alike):
            one, two = sorted((head(start + int(row)), head(int(other))))
            first[two] = one
    return np.array([head(row) for row in range(len(first))], dtype=np.int64)


def _look(faces: Keypoints, row: int) -> npt.NDArray[np.float32]:
    """Return float32 (2048,) of length 1: the edges of a picture with its eyes in their places."""
    image = cv2.GaussianBlur(faces.pictures[row], (0, 0), 1.0)
    here = _eyes(faces, row)
    there = np.array(_EYES_XY) * _SIDE
    if here is None:
        small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    else:
        small = cv2.warpAffine(image, _matrix(here, there), (_SIDE, _SIDE),
                               borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    across, down = (cv2.Sobel(small, cv2.CV_32F, *axes) for axes in ((1, 0), (0, 1)))
    edges = np.stack([across, down]).ravel()
    return np.asarray(edges / max(1e-6, float(np.linalg.norm(edges))), dtype=np.float32)


def _eyes(faces: Keypoints, row: int) -> npt.NDArray[np.float64] | None:
    """Return float64 (2, 2), the eyes, or None where they are not known or in one place."""
    if not set(_EYES) <= set(faces.names):
        return None
    eyes = faces.points[row, [faces.names.index(name) for name in _EYES]].astype(np.float64)
    return eyes if np.linalg.norm(eyes[1] - eyes[0]) > 1 else None


def _matrix(
    here: npt.NDArray[np.float64], there: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the matrix (2, 3) that turns, scales and moves two points onto two others."""
    # As complex numbers a turn with a scale is one factor.
    (a, b), (c, d) = (complex(*point) for point in here), (complex(*point) for point in there)
    factor = (d - c) / (b - a)
    move = c - factor * a
    return np.array([[factor.real, -factor.imag, move.real], [factor.imag, factor.real, move.imag]])
