"""How good a network of landmarks is: on faces as they are, on tilted ones, and on none."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.errors import DataError
from training.fitting import Images
from training.keypoints import Keypoints
from training.landmarks.config import FaceAugmentation
from training.landmarks.figures import Errors, measure
from training.landmarks.finder import Confidences, Finder
from training.landmarks.no_faces import NoFaces

# By so much, either way, faces are turned to see whether tilt costs anything.
TILTS_DEG = (-30.0, 30.0)
# From here on it is taken for a face.
SURE = 0.5
_NO_FACES = 1000
_SEED = 0


@dataclass(frozen=True)
class Evaluation:
    """The figures of one network on one file.

    errors: of the faces as they are; tilted: of the same, turned by ``TILTS_DEG``.
    faces_sure: the share of faces, upright and tilted, whose confidence is ``SURE`` or more.
    others_sure: the same of drawn pictures without a face.
    """

    errors: Errors
    tilted: Errors
    faces_sure: float
    others_sure: float

    def to_dict(self) -> dict[str, object]:
        """Return what ``metrics.json`` says; errors as shares of the eyes' distance."""
        return {
            "faces": self.errors.faces,
            "rmse_px": round(self.errors.rmse_px, 4),
            "nme": round(self.errors.nme, 5),
            "nme_of_95_in_100": round(self.errors.worst, 5),
            "labels_right_and_below_px": [round(value, 4) for value in self.errors.beside_px],
            "nme_by_point": self.errors.by_name,
            "tilted_deg": list(TILTS_DEG),
            "tilted_nme": round(self.tilted.nme, 5),
            "faces_taken_for_faces": round(self.faces_sure, 4),
            "no_faces_taken_for_faces": round(self.others_sure, 4),
        }


def evaluate(finder: Finder, faces: Keypoints) -> Evaluation:
    """Measure ``finder`` on ``faces``.

    Raises DataError where it finds other points than the faces have.
    """
    if finder.points != faces.names:
        raise DataError(
            f"the data has {len(faces.names)} points ({', '.join(faces.names[:2])}, …), but "
            f"{finder.name} finds {len(finder.points)} ({', '.join(finder.points[:2])}, …)"
        )
    found, sure = finder.find(faces.pictures)
    turned = [_turned(faces, angle) for angle in TILTS_DEG]
    tilted = Keypoints(
        faces.names,
        np.concatenate([part.points for part in turned]),
        np.concatenate([part.pictures for part in turned]),
    )
    found_tilted, sure_tilted = finder.find(tilted.pictures)
    _, sure_of_none = finder.find(_no_faces(faces))
    return Evaluation(
        errors=measure(found, faces.points, faces.names),
        tilted=measure(found_tilted, tilted.points, faces.names),
        faces_sure=_share(np.concatenate([sure, sure_tilted])),
        others_sure=_share(sure_of_none),
    )


def _share(confidences: Confidences) -> float:
    return float((confidences >= SURE).mean())


def _turned(faces: Keypoints, angle_deg: float) -> Keypoints:
    """Return the faces turned about the middle of their pictures."""
    side = faces.pictures.shape[1]
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle_deg, 1.0)
    size = (side, side)
    images = [
        cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        for image in faces.pictures
    ]
    points = faces.points @ matrix[:, :2].T + matrix[:, 2]
    # What has left the picture cannot be found in it.
    outside = ((points < 0) | (points > side - 1)).any(axis=-1)
    points[outside] = np.nan
    return Keypoints(faces.names, points.astype(np.float32), np.stack(images).astype(np.uint8))


def _no_faces(faces: Keypoints) -> Images:
    """Return pictures without a face, the same each time, of kinds that training has drawn."""
    generator = np.random.default_rng(_SEED)
    draw = NoFaces(faces.pictures, faces.points).draw
    return np.stack([draw(FaceAugmentation(), generator) for _ in range(_NO_FACES)])
