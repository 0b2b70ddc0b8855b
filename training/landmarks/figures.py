"""How far the points are off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.keypoints import Points

# Those between which a face is measured: the distance by which errors are divided.
EYES = ("left_eye_center", "right_eye_center")


@dataclass(frozen=True)
class Errors:
    """The errors of one network on one set of pictures.

    names: of the points. faces: how many pictures.
    rmse_px: the root of the mean square error of a coordinate, in pixels of a 96x96 picture,
        as Kaggle's competition counted it.
    nme: the mean distance of a point from its label, in distances of the eyes' centres; 0-1.
    by_point: float64 (k,), the same for each point. NaN where it is nowhere known.
    worst: the nme of the face at 95 of 100.
    beside_px: how far to the right of the points, and below them, the labels lie on the mean.
    """

    names: tuple[str, ...]
    faces: int
    rmse_px: float
    nme: float
    by_point: npt.NDArray[np.float64]
    worst: float
    beside_px: tuple[float, float]

    @property
    def by_name(self) -> dict[str, float | None]:
        """``by_point`` as JSON can hold it: None where a point is nowhere known."""
        pairs = zip(self.names, self.by_point.tolist(), strict=True)
        return {name: None if math.isnan(value) else round(value, 5) for name, value in pairs}


def measure(found: Points, labelled: Points, names: tuple[str, ...]) -> Errors:
    """Compare points with their labels, both float32 (n, k, 2) in pixels of 96x96.

    Points without a label (NaN) are left out, and so are faces without both eyes.

    Raises DataError where nothing is left.
    """
    if not set(EYES) <= set(names):
        raise DataError(f"no {' and '.join(EYES)} among the points: errors are measured by them")
    eyes = labelled[:, [names.index(name) for name in EYES]].astype(np.float64)
    between = np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=1)
    kept = between > 0  # NaN is not
    if not kept.any():
        raise DataError("no face has both of its eyes: there is nothing to measure by")
    off = found[kept].astype(np.float64) - labelled[kept]
    relative = np.linalg.norm(off, axis=2) / between[kept, None]
    known = ~np.isnan(relative)
    by_face = np.nansum(relative, axis=1) / known.sum(axis=1)
    by_point = np.nansum(relative, axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    right_px, below_px = -np.nanmean(off, axis=(0, 1))
    return Errors(
        names=names,
        faces=int(kept.sum()),
        rmse_px=float(np.sqrt(np.nanmean(off**2))),
        nme=float(relative[known].mean()),
        by_point=by_point,
        worst=float(np.percentile(by_face, 95)),
        beside_px=(float(right_px), float(below_px)),
    )
