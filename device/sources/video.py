"""Recordings: a video file, or a folder of images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from device.errors import SourceError
from device.records import Frame
from device.sources.base import Source, quiet_opencv, to_grey

IMAGE_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".webp"}
# Container headers give the number of frames roughly: up to 3 % off in healthy files.
_SHORT_BY = 0.1


class Video(Source):
    """The frames of a video file, as fast as they are taken, on the file's own clock.

    Raises SourceError for a file that is missing, empty or no video and, when
    the readable frames are used up, for one that ends well before its time.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        _check_file(path)
        quiet_opencv()
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self._expected = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        if not self._capture.isOpened() or not self._rate_hz > 0:
            self.close()
            raise SourceError(f"{path}: not a video, or cut short: give a video file")

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame; its time is in seconds from the start of the file."""
        count = 0
        time_s = 0.0
        while True:
            ok, picture = self._capture.read()
            if not ok:
                break
            time_s = self._time_s(count, time_s)
            count += 1
            yield Frame(to_grey(picture), time_s)
        if count < self._expected * (1 - _SHORT_BY):
            raise SourceError(
                f"{self.name}: damaged: {count} of about {self._expected} frames could be read"
            )

    def _time_s(self, count: int, before_s: float) -> float:
        """Return the time of the frame just read; files without times get even ones."""
        stamp_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        return stamp_s if count == 0 or stamp_s > before_s else before_s + 1 / self._rate_hz

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()


class ImageFolder(Source):
    """The images of a folder in the order of their names, one a second.

    Raises SourceError for a folder without images, and for an image that
    cannot be read when its turn comes.
    """

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            raise SourceError(f"cannot read {folder}: {(error.strerror or '').lower()}") from error
        self._paths = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES]
        if not self._paths:
            kinds = " ".join(sorted(IMAGE_SUFFIXES))
            raise SourceError(f"{folder}: no images in this folder (looked for {kinds})")

    def __iter__(self) -> Iterator[Frame]:
        """Yield each image; its time is its place in the folder, in seconds."""
        for index, path in enumerate(self._paths):
            image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if image is None:
                raise SourceError(f"{path}: not a readable image: repair or remove it")
            yield Frame(image.astype(np.uint8, copy=False), float(index))


def _check_file(path: Path) -> None:
    """Raise SourceError where ``path`` is not a file with something in it."""
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceError(f"cannot read the video {path}: {reason}") from error
    if empty:
        raise SourceError(f"{path}: the file is empty: give a video file")
