"""An image file, read whole or not at all."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from cv2.typing import MatLike

from device.records import Grey
from training.errors import DataError
from training.quiet import quiet_stderr

Colour = npt.NDArray[np.uint8]
# Decoders fill what is missing of a picture with grey; its end tells.
_ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND"}


def read_grey(path: Path) -> Grey:
    """Return uint8 (height, width), made grey as the device makes it.

    Raises DataError, naming the file, where it is no image or not whole.
    """
    return _decode(path, cv2.IMREAD_GRAYSCALE).astype(np.uint8, copy=False)


def read_colour(path: Path) -> Colour:
    """Return uint8 (height, width, 3) in OpenCV's order: blue, green, red.

    Raises DataError, naming the file, where it is no image or not whole.
    """
    return _decode(path, cv2.IMREAD_COLOR).astype(np.uint8, copy=False)


def read_stored(path: Path) -> Grey | Colour:
    """Return uint8, grey (height, width) or in colour (height, width, 3), as it is stored.

    Raises DataError, naming the file, where it is no image or not whole.
    """
    return _decode(path, cv2.IMREAD_ANYCOLOR).astype(np.uint8, copy=False)


def write_png(path: Path, picture: npt.NDArray[np.uint8]) -> None:
    """Write grey (height, width) or blue-green-red (height, width, 3), eight bits, to ``path``."""
    _, encoded = cv2.imencode(".png", picture)
    path.write_bytes(encoded.tobytes())


def _decode(path: Path, how: int) -> MatLike:
    try:
        content = path.read_bytes()
        end = _ENDS.get(content[:2], b"")
        whole = content and end in content
        with quiet_stderr():  # decoders write there what they miss
            image = cv2.imdecode(np.frombuffer(content, np.uint8), how) if whole else None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except cv2.error as error:  # of a picture beyond a gigapixel
        raise DataError(f"{path}: too large to be read: make it smaller") from error
    if image is None:
        raise DataError(f"{path}: not a readable image, or cut short ({len(content)} bytes)")
    return image
