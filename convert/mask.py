"""The conversion of a network that marks a face's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from convert import faces, summary
from convert.quiet import quiet
from convert.request import Request
from device.errors import ConfigError, ModelError
from training.keras_file import Network
from training.keypoints import Keypoints
from training.mask.config import MaskConfig
from training.mask.figures import Overlaps, ask, measure
from training.mask.marker import load_marker
from training.mask.outlines import read_outlines

# So much of the overlap, 0-1, may be lost.
MOST_LOST = 0.005
# The shipped network's overlap is 0.92.
_USELESS = 0.8

LIMITS = (
    "Marks a face from jaw to brows. It tells nobody from anybody; what it fails to mark is "
    "no proof that nobody is there."
)


@dataclass(frozen=True)
class Comparison:
    """What both networks make of the same pictures, which are of ``split``."""

    split: str
    keras: Overlaps
    int8: Overlaps

    @property
    def lost(self) -> float:
        """How much smaller the converted model's overlap is; below 0 where it is larger."""
        return self.keras.iou - self.int8.iou

    def tell(self) -> None:
        """Say it to people."""
        summary.tell_overlaps(self.split, self.keras, self.int8)
        if self.int8.iou < _USELESS:
            summary.warn(f"an overlap of {self.int8.iou:.0%} is of no use on a face")

    def check(self) -> None:
        """Raise ModelError where the converted model marks faces worse than it may."""
        if self.lost > MOST_LOST:
            raise ModelError(
                f"not as good as the original on {self.int8.faces} faces: the overlap is "
                f"{self.int8.iou:.2%} in int8 and {self.keras.iou:.2%} in Keras "
                f"(at most {100 * MOST_LOST:g} points may be lost)"
            )

    def figures(self) -> dict[str, Any]:
        """Return the figures, shares of 0-1."""
        keras, int8 = self.keras, self.int8
        return {
            "split": self.split,
            "images": int8.faces,
            "keras_iou": round(keras.iou, 5),
            "int8_iou": round(int8.iou, 5),
            "int8_iou_at_5_of_100": round(int8.worst, 5),
            "int8_missed": round(int8.missed, 5),
            "int8_beyond": round(int8.beyond, 5),
        }


def make(request: Request, trained: Network, made: Path) -> None:
    """Write the verified model file ``made``.

    Raises ConfigError where the outlines are missing, DataError for data that cannot be used,
    ModelError where the result is not good enough.
    """
    outlines = _given(request.outlines, "--outlines")
    test = None
    if request.test is not None:
        test = read_outlines(request.test, _given(request.test_outlines, "--test-outlines"))
    given = faces.Faces.of(request, MaskConfig, read_outlines(request.data, outlines), test)
    faces.make(request, trained, made, given, partial(_compare, request, trained, made), LIMITS)


def _given(path: Path | None, option: str) -> Path:
    """Return ``path``; raises ConfigError where it was not given."""
    if path is None:
        raise ConfigError(f"a mask is measured by outlines: give {option} FILE")
    return path


def _compare(
    request: Request, trained: Network, made: Path, given: Keypoints, name: str
) -> Comparison:
    """Return how far both masks are right."""
    keras = ask(trained.model, given.pictures)
    with quiet(chatter=request.chatter):
        int8 = load_marker(made).mark(given.pictures)
    return Comparison(name, measure(keras, given), measure(int8, given))
