"""What every source of frames keeps to."""

from __future__ import annotations

import os
from collections.abc import Iterator

import cv2
import numpy as np
from cv2.typing import MatLike

from device.closing import Closing
from device.records import Colour, Frame, Grey


class Source(Closing):
    """Frames, one after another, from a camera or a recording.

    A source is a context manager: it holds its camera or file from its
    construction until ``close``, which may be called again. Iterating over it
    gives frames in the order of their ``time_s``. Where none comes for a while, a source
    that has to wait gives None about once a second: nothing yet.

    live: whether frames come by the clock of the world and are lost if nobody
        takes them. A recording waits, and its clock is its own.
    continuous: whether frames show one scene; the images of a folder may be of many.
    name: what it is, for people.
    trouble: what is done about frames that do not come, and why they do not, for people; ""
        where all is well.
    let_go: whether its camera or file is let go of, once it was closed: a driver may hang.

    Raises SourceError where it cannot be opened, or stops giving frames.
    """

    live: bool = False
    continuous: bool = True
    name: str = "source"
    trouble: str = ""

    @property
    def let_go(self) -> bool:
        """Whether nothing is held any more, after ``close``."""
        return True

    def __iter__(self) -> Iterator[Frame | None]:
        raise NotImplementedError

    def wake(self) -> None:
        """End an iteration that waits. Any thread, and a signal handler, may call it.

        A recording never waits, and need not do anything here.
        """


def to_grey(picture: MatLike) -> Grey:
    """Return uint8 (height, width) from OpenCV's BGR (height, width, 3) or grey picture."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return grey.astype(np.uint8, copy=False)


def to_colour(picture: MatLike) -> Colour | None:
    """Return OpenCV's BGR picture, uint8 (height, width, 3), as it is; None for a grey one."""
    return picture.astype(np.uint8, copy=False) if picture.ndim == 3 else None


def quiet_opencv() -> None:
    """Keep OpenCV from writing to stderr: what went wrong is said in a line of ours."""
    # The function moved between 4.11 and 4.14; 0 is "silent" in both.
    getattr(cv2.utils, "logging", cv2).setLogLevel(0)
    # FFmpeg inside OpenCV has a level of its own, read at the first video.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
