"""Recordings: a video file, or a folder of images."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from device.errors import SourceError, why
from device.records import Frame, Grey
from device.sources.base import Source, quiet_opencv, to_colour, to_grey

IMAGE_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".webp"}
# Container headers give the length roughly: up to 3 % off in healthy files.
_SHORT_BY, _SHORT_BY_S = 0.04, 0.5


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
        # A film from a telephone says which way is up; OpenCV 4.11 has to be asked.
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        self._rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        if not self._capture.isOpened() or not self._rate_hz > 0:
            self.close()
            raise SourceError(f"{path}: not a video, or cut short: give a video file")
        # The count comes from length and rate, so the length is what can be trusted.
        self._length_s = self._capture.get(cv2.CAP_PROP_FRAME_COUNT) / self._rate_hz

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame; its time is in seconds from the first one."""
        first_s, time_s, count = 0.0, -1 / self._rate_hz, 0
        while True:
            ok, picture = self._capture.read()
            if not ok:
                break
            stamp_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
            first_s = stamp_s if count == 0 else first_s
            # A file without times gets even ones.
            later = stamp_s - first_s > time_s
            time_s = stamp_s - first_s if later else time_s + 1 / self._rate_hz
            count += 1
            yield Frame(to_grey(picture), time_s, to_colour(picture))
        read_s = time_s + 1 / self._rate_hz
        if read_s < self._length_s - max(_SHORT_BY * self._length_s, _SHORT_BY_S):
            raise SourceError(
                f"{self.name}: damaged: {read_s:.1f} s of {self._length_s:.1f} s could be read"
            )

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()


class ImageFolder(Source):
    """The images of a folder in the order of their names, one a second.

    Raises SourceError for a folder without images, and for an image that
    cannot be read when its turn comes.
    """

    continuous = False

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        try:
            paths = sorted(folder.iterdir(), key=_natural)
        except OSError as error:
            raise SourceError(f"cannot read {folder}: {why(error)}") from error
        self._paths = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES]
        if not self._paths:
            kinds = " ".join(sorted(IMAGE_SUFFIXES))
            raise SourceError(f"{folder}: no images in this folder (looked for {kinds})")

    def __iter__(self) -> Iterator[Frame]:
        """Yield each image; its time is its place in the folder, in seconds."""
        for index, path in enumerate(self._paths):
            yield Frame(_read_image(path), float(index))


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order by the numbers in a name: image2 before image10."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read_image(path: Path) -> Grey:
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if content.size else None
    except (OSError, cv2.error) as error:  # OpenCV refuses pictures beyond a gigapixel
        reason = error.strerror if isinstance(error, OSError) else "too large"
        raise SourceError(f"{path}: cannot be read: {(reason or '').lower()}") from error
    if image is None:
        raise SourceError(f"{path}: not a readable image: repair or remove it")
    return image.astype(np.uint8, copy=False)


def _check_file(path: Path) -> None:
    """Raise SourceError where ``path`` is not a file with something in it."""
    try:
        # Opening a pipe would wait for its writer; OpenCV crashes on a name that is no text.
        os.fsencode(path).decode()
        status = path.stat()
        if regular := stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "its name is not UTF-8"
        name = os.fsencode(path).decode(errors="replace")
        raise SourceError(f"cannot read the video {name}: {reason}") from error
    if not regular:
        what = "is a directory" if path.is_dir() else "not a file"
        raise SourceError(f"cannot read the video {path}: {what}: give a video file")
    if not status.st_size:
        raise SourceError(f"{path}: the file is empty: give a video file")
