"""What flows through the pipe: frames, faces and readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Colour = npt.NDArray[np.uint8]
BoxXYXY = tuple[int, int, int, int]

# Thirty thousand years: beyond that a clock is broken, and sums of times are no numbers.
_LAST_S = 1e12
# Read instead of an emotion where none is probable enough.
UNCERTAIN = "uncertain"


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source.

    grey: uint8 (height, width), grey levels 0-255.
    time_s: when it was taken, on the source's own clock: seconds from the
        start of a recording, or of the monotonic clock for a camera.
    bgr: the same in colour, for people to look at: uint8 (height, width, 3), blue first;
        None where the source has no colour, or nobody looks.

    Raises ValueError where a picture is not such an array, or is empty, or the time
    is no number.
    """

    grey: Grey
    time_s: float
    bgr: Colour | None = None

    @property
    def size_px(self) -> tuple[int, int]:
        """Its width and height."""
        height, width = self.grey.shape
        return width, height

    def __post_init__(self) -> None:
        if self.grey.ndim != 2 or self.grey.dtype != np.uint8 or not self.grey.size:
            raise ValueError(
                f"a frame is a uint8 array (height, width), got {self.grey.dtype} {self.grey.shape}"
            )
        if self.bgr is not None and (
            self.bgr.dtype != np.uint8 or self.bgr.shape != (*self.grey.shape, 3)
        ):
            raise ValueError(
                f"a frame's colours are a uint8 array {(*self.grey.shape, 3)}, "
                f"got {self.bgr.dtype} {self.bgr.shape}"
            )
        if not abs(self.time_s) < _LAST_S:
            raise ValueError(f"a frame's time is in seconds, got {self.time_s}")


@dataclass(frozen=True)
class Face:
    """A face in a frame.

    id: its number in this session, from 1; the same face keeps it.
    box_xyxy: left, top, right and bottom in pixels of the frame, right and
        bottom excluded.
    angle_deg: how far it is tilted, clockwise as one sees it.
    still: nothing has moved in it for long: it is a picture of a face.

    Raises ValueError for a box without area.
    """

    id: int
    box_xyxy: BoxXYXY
    angle_deg: float = 0.0
    still: bool = False

    def __post_init__(self) -> None:
        left, top, right, bottom = self.box_xyxy
        if right <= left or bottom <= top:
            raise ValueError(f"a box is left, top, right, bottom with an area, got {self.box_xyxy}")

    @property
    def area_px(self) -> int:
        """How large it is, in pixels of the frame."""
        left, top, right, bottom = self.box_xyxy
        return (right - left) * (bottom - top)


@dataclass(frozen=True)
class Reading:
    """What was read from one face at one moment.

    time: wall time, with its offset from UTC, for people.
    media_time_s: the frame's time on the clock of its source.
    emotion: a name, or ``UNCERTAIN``.
    probabilities: emotion name to probability 0-1, in the model's order; sums to 1. They
        are averaged over the face's last answers.
    raw_probabilities: the same, of this frame alone.
    model_id: which model read it.

    Raises ValueError where ``emotion`` is none of the names.
    """

    time: datetime
    media_time_s: float
    face: Face
    emotion: str
    probabilities: dict[str, float]
    raw_probabilities: dict[str, float]
    model_id: str

    def __post_init__(self) -> None:
        if self.emotion not in {*self.probabilities, UNCERTAIN}:
            raise ValueError(f"no probability for {self.emotion!r} in {self.probabilities}")

    @property
    def probability(self) -> float:
        """The probability of ``emotion``, 0-1; where that is uncertain, of the likeliest."""
        return self.probabilities.get(self.emotion, max(self.probabilities.values()))
