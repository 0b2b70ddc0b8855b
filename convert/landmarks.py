"""The conversion of a network that finds points on a face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from convert import faces, summary
from convert.quiet import quiet
from convert.request import Request
from device.errors import ModelError
from training.data import DataError
from training.keras_file import Network
from training.keypoints import Keypoints
from training.landmarks.config import LandmarksConfig
from training.landmarks.data import read_faces
from training.landmarks.figures import Errors, measure
from training.landmarks.finder import load_finder
from training.landmarks.points import find

# The converted model's error may be so much larger, as a share of it.
MOST_MORE = 0.03
# Of the distance of the eyes: the shipped network is off by 0.06.
_USELESS = 0.15

LIMITS = (
    "Says where points of a face lie. It tells nobody from anybody: not for recognising people."
)


@dataclass(frozen=True)
class Comparison:
    """What both networks make of the same pictures, which are of ``split``."""

    split: str
    keras: Errors
    int8: Errors

    @property
    def more(self) -> float:
        """How much larger the converted model's error is, as a share of the original's."""
        return self.int8.nme / self.keras.nme - 1

    def tell(self) -> None:
        """Say it to people."""
        summary.tell_errors(self.split, self.keras, self.int8)
        if self.int8.nme > _USELESS:
            summary.warn(f"{self.int8.nme:.0%} of the eyes' distance is of no use on a face")

    def check(self) -> None:
        """Raise ModelError where the converted model is further off than it may be."""
        if self.more > MOST_MORE:
            raise ModelError(
                f"not as good as the original on {self.int8.faces} faces: int8 is off by "
                f"{self.int8.nme:.2%} of the eyes' distance, the Keras model by "
                f"{self.keras.nme:.2%} (at most {MOST_MORE:.0%} more is allowed)"
            )

    def figures(self) -> dict[str, Any]:
        """Return the figures: shares of the distance of the eyes' centres, or pixels of 96."""
        keras, int8 = self.keras, self.int8
        return {
            "split": self.split,
            "images": int8.faces,
            "keras_nme": round(keras.nme, 5),
            "int8_nme": round(int8.nme, 5),
            "keras_rmse_px": round(keras.rmse_px, 4),
            "int8_rmse_px": round(int8.rmse_px, 4),
            "int8_nme_by_point": int8.by_name,
        }


def make(request: Request, trained: Network, made: Path) -> None:
    """Write the verified model file ``made``.

    Raises DataError for data that cannot be used, ModelError where the result is not good enough.
    """
    test = None if request.test is None else read_faces(request.test)
    given = faces.Faces.of(request, LandmarksConfig, read_faces(request.data), test)
    faces.make(request, trained, made, given, partial(_compare, request, trained, made), LIMITS)


def _compare(
    request: Request, trained: Network, made: Path, given: Keypoints, name: str
) -> Comparison:
    """Return how far off both are; raises DataError where the points are others."""
    if given.names != trained.labels:
        raise DataError(
            f"the points are {', '.join(given.names[:3])}…, but the model finds "
            f"{', '.join(trained.labels[:3])}…"
        )
    float_points, _ = find(trained.model, given.pictures)
    with quiet(chatter=request.chatter):
        int8_points, _ = load_finder(made).find(given.pictures)
    both = (measure(points, given.points, given.names) for points in (float_points, int8_points))
    return Comparison(name, *both)
