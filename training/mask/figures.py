"""How well a network marks faces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.fitting import Images
from training.keypoints import Keypoints
from training.mask.outlines import coverage, outline

if TYPE_CHECKING:
    import keras  # which conversion has come quietly, and later

_BATCH = 64

Logits = npt.NDArray[np.float32]
Marked = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Overlaps:
    """How far the masks of one network are those of the data, on one set of pictures.

    faces: how many pictures.
    iou: the mean intersection over union, 0-1, in pixels of the picture.
    worst: that of the face at 5 of 100. by_face: float64 (faces,).
    missed: the share of the faces' pixels that are not marked.
    beyond: what is marked and no face's, in shares of the faces' pixels.
    """

    faces: int
    iou: float
    worst: float
    missed: float
    beyond: float
    by_face: npt.NDArray[np.float64]


def ask(model: keras.Model, images: Images) -> Logits:
    """Return float32 (n, rows, columns): what the network says of ``images``, uint8 (n, h, w)."""
    batch = images[..., np.newaxis].astype(np.float32)
    answers = model.predict(batch, batch_size=_BATCH, verbose=0)
    return np.asarray(answers, dtype=np.float32)[..., 0]


def measure(logits: Logits, faces: Keypoints) -> Overlaps:
    """Compare what a network marks with the outlines of ``faces``, in pixels of their pictures.

    That is of the network alone: each pixel for which more speaks than against it. What people
    see is somewhat less, for the device shows a pixel in full only where the network is sure,
    and none beyond an ellipse (``device.mask.FaceMask.mark``).

    logits: float32 (n, rows, columns).

    Raises DataError where there are no pictures.
    """
    side = faces.pictures.shape[1]
    return compare((enlarged(answer, side) >= 0 for answer in logits), faces)


def compare(marked: Iterable[Marked], faces: Keypoints) -> Overlaps:
    """Compare what is ``marked``, bool (side, side) of each face, with the outlines of ``faces``.

    Raises DataError where there are no pictures.
    """
    if not len(faces):
        raise DataError("no pictures with outlines: there is nothing to measure by")
    side = faces.pictures.shape[1]
    common, either, missed, beyond, whole = (np.zeros(len(faces)) for _ in range(5))
    for at, (mask, points) in enumerate(zip(marked, faces.points, strict=True)):
        truth = coverage(outline(points), side, side) >= 0.5
        common[at], either[at] = (truth & mask).sum(), (truth | mask).sum()
        missed[at], beyond[at], whole[at] = (
            (truth & ~mask).sum(), (mask & ~truth).sum(), truth.sum()
        )  # fmt: skip
    by_face = common / np.maximum(either, 1)
    return Overlaps(
        faces=len(faces),
        iou=float(by_face.mean()),
        worst=float(np.percentile(by_face, 5)),
        missed=float(missed.sum() / whole.sum()),
        beyond=float(beyond.sum() / whole.sum()),
        by_face=by_face,
    )


def enlarged(logits: Logits, side_px: int) -> Logits:
    """Return float32 (side_px, side_px): logits (rows, columns) as smooth as the face's edge."""
    large = cv2.resize(logits, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32)
