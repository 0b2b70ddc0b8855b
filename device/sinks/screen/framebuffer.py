"""The Linux framebuffer: small panels with a kernel driver, at ``/dev/fb1`` and so on."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.drawing.shapes import Picture
from device.errors import SinkError, why
from device.sinks.screen.panel import Action, Panel
from device.sinks.screen.touches import Touches

# From linux/fb.h.
_GET_VARIABLE, _GET_FIXED = 0x4600, 0x4602
_VARIABLE = struct.Struct("@40I")
_FIXED = struct.Struct("@16sLIIIIHHHILIIH2H")


@dataclass(frozen=True)
class Geometry:
    """How pixels lie in a framebuffer.

    stride_bytes: from one line to the next.
    offset_bytes: where the visible part begins.
    bits_per_pixel: 16 for RGB565, 32 for XRGB8888.
    red_low: red is in the low bits, where blue is else.
    """

    width_px: int
    height_px: int
    stride_bytes: int
    bits_per_pixel: int
    offset_bytes: int = 0
    red_low: bool = False


class Framebuffer(Panel):
    """The framebuffer at ``path``; it is left black.

    It is written to, not mapped: a panel that goes away is then an error, where touching
    its memory would end the program.

    geometry: how its pixels lie; None asks the driver.
    touches: what to listen to; None: every touch panel there is.

    Raises SinkError where it cannot be opened, or has pixels of another kind.
    """

    def __init__(
        self, path: Path, geometry: Geometry | None = None, touches: Touches | None = None
    ) -> None:
        self.name = str(path)
        self._file = -1
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            self._geometry = geometry or _ask(self._file)
            _check(self._geometry, self.name)
        except (OSError, SinkError) as error:
            self._close_file()
            if isinstance(error, SinkError):
                raise
            raise SinkError(f"the framebuffer {path} cannot be used: {_reason(error)}") from error
        self.size_px = (self._geometry.width_px, self._geometry.height_px)
        self._touches = touches or Touches()
        self.takes_actions = self._touches.any

    def actions(self) -> list[Action]:
        """Return a turn of the view for each touch."""
        return ["view"] * self._touches.count()

    def show(self, picture: Picture) -> None:
        """Show ``picture``, which has the size ``size_px``."""
        try:
            self._write(pack(picture, self._geometry))
        except OSError as error:
            raise SinkError(
                f"cannot write the framebuffer {self.name}: {_reason(error)}"
            ) from error

    def close(self) -> None:
        """Leave it black, so that nobody's picture stays on it."""
        if self._file >= 0:
            width, height = self.size_px
            with contextlib.suppress(OSError):  # it has gone, and so has what it showed
                self._write(pack(np.zeros((height, width, 3), np.uint8), self._geometry))
            self._close_file()
            self._touches.close()

    def _write(self, content: bytes) -> None:
        rest, at = memoryview(content), self._geometry.offset_bytes
        while rest:
            count = os.pwrite(self._file, rest, at)
            if count <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest, at = rest[count:], at + count

    def _close_file(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def pack(picture: Picture, geometry: Geometry) -> bytes:
    """Return ``picture``, uint8 RGB (height, width, 3), as it lies in the framebuffer."""
    if geometry.bits_per_pixel == 16:
        code = cv2.COLOR_BGR2BGR565 if geometry.red_low else cv2.COLOR_RGB2BGR565
    else:
        code = cv2.COLOR_RGB2RGBA if geometry.red_low else cv2.COLOR_RGB2BGRA
    pixels = np.ascontiguousarray(cv2.cvtColor(picture, code), np.uint8)
    lines = pixels.reshape(geometry.height_px, -1)
    if lines.shape[1] == geometry.stride_bytes:
        return lines.tobytes()
    padded: npt.NDArray[np.uint8] = np.zeros(
        (geometry.height_px, geometry.stride_bytes), dtype=np.uint8
    )
    padded[:, : lines.shape[1]] = lines
    # What lies beyond the last line's pixels may be beyond the framebuffer.
    return padded.tobytes()[: geometry.stride_bytes * (geometry.height_px - 1) + lines.shape[1]]


def _ask(file: int) -> Geometry:
    """Return the geometry that the driver of an open framebuffer tells."""
    variable = bytearray(_VARIABLE.size)
    fixed = bytearray(_FIXED.size)
    fcntl.ioctl(file, _GET_VARIABLE, variable)
    fcntl.ioctl(file, _GET_FIXED, fixed)
    return read_geometry(bytes(variable), bytes(fixed))


def read_geometry(variable: bytes, fixed: bytes) -> Geometry:
    """Return what the kernel's ``fb_var_screeninfo`` and ``fb_fix_screeninfo`` say."""
    width, height, _, _, x, y, bits, _, red, _, _, _, _, _, blue, *_ = _VARIABLE.unpack(variable)
    stride = _FIXED.unpack(fixed)[9]
    return Geometry(
        width_px=width,
        height_px=height,
        stride_bytes=stride,
        bits_per_pixel=bits,
        offset_bytes=y * stride + x * bits // 8,
        red_low=red < blue,
    )


def _check(geometry: Geometry, name: str) -> None:
    bits = geometry.bits_per_pixel
    if bits not in (16, 32):
        raise SinkError(f"{name}: {bits} bits a pixel: set its driver to 16 or 32")
    if (
        min(geometry.width_px, geometry.height_px) < 1
        or geometry.stride_bytes < geometry.width_px * bits // 8
    ):
        raise SinkError(f"{name}: no size that could be: {geometry}: see its driver")


def _reason(error: OSError) -> str:
    reason = why(error)
    if error.errno == errno.EACCES:
        return f"{reason}: add yourself to the group video (sudo usermod -aG video $USER)"
    if error.errno == errno.ENOENT:
        return f"{reason}: is the panel's driver loaded? See ls /dev/fb*"
    if error.errno == errno.ENOTTY:
        return "it is no framebuffer: give one, like /dev/fb1"
    return reason
