"""How well a network marks faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from device.mask import enlarged
from training.errors import DataError
from training.fitting import Images
from training.keypoints import Keypoints
from training.mask.outlines import coverage, outline

if TYPE_CHECKING:
    import keras  # which conversion has come quietly, and later

_BATCH = 64

Logits = npt.NDArray[np.float32]


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
    """Compare masks with the outlines of ``faces``, in pixels of their pictures.

    logits: float32 (n, rows, columns), enlarged as the device does it.

    Raises DataError where there are no pictures.
    """
    if not len(faces):
        raise DataError("no pictures with outlines: there is nothing to measure by")
    side = faces.pictures.shape[1]
    common, either, missed, beyond, whole = (np.zeros(len(faces)) for _ in range(5))
    for at, (answer, points) in enumerate(zip(logits, faces.points, strict=True)):
        truth = coverage(outline(points), side, side) >= 0.5
        marked = enlarged(answer, side) >= 0
        common[at], either[at] = (truth & marked).sum(), (truth | marked).sum()
        missed[at], beyond[at], whole[at] = (
            (truth & ~marked).sum(), (marked & ~truth).sum(), truth.sum()
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
