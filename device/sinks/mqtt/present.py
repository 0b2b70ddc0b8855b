"""The present moment: the camera, and who is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from device.records import Reading


@dataclass(frozen=True)
class Moment:
    """What is known now.

    camera: whether frames come; None where that is not known yet.
    faces: how many faces are there, without pictures of faces.
    face: the number of the largest of them; None for nobody, as of the next two.
    emotion, probability: what was read of it.
    """

    camera: bool | None = None
    faces: int = 0
    face: int | None = None
    emotion: str | None = None
    probability: float | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What is worth a message as soon as it differs."""
        return self.camera, self.faces, self.emotion


class Present:
    """One slot that the thread that reads fills, and that the one that sends looks into.

    no_camera_s: a camera is lost where no frame came for so long.

    looks: how often there was something to say, so that a loop that hangs is no news.
    """

    def __init__(self, no_camera_s: float) -> None:
        self.moment = Moment()
        self.looks = 0
        self._no_camera_s = no_camera_s
        self._frame_s = time.monotonic()

    def see(self, readings: Sequence[Reading]) -> None:
        """Note a frame, and what was read in it."""
        self._frame_s = time.monotonic()
        there = [reading for reading in readings if not reading.face.still]
        if there:
            largest = max(there, key=lambda reading: reading.face.area_px)
            self.moment = Moment(
                True, len(there), largest.face.id, largest.emotion, round(largest.probability, 4)
            )
        else:
            self.moment = Moment(True)
        self.looks += 1

    def idle(self) -> None:
        """Note that no frame comes."""
        if time.monotonic() - self._frame_s >= self._no_camera_s:
            self.moment = replace(Moment(), camera=False)
        self.looks += 1
