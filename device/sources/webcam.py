"""USB webcams, through V4L2."""

from __future__ import annotations

import errno
import fcntl
import grp
import logging
import os
import re
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
from cv2.typing import MatLike

from device import program
from device.errors import BusyError, SourceError, why
from device.records import Frame
from device.sources.base import Source, quiet_opencv, to_colour, to_grey

_log = logging.getLogger(__name__)

# From linux/videodev2.h: struct v4l2_capability, struct v4l2_requestbuffers.
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_REQUEST_BUFFERS = struct.Struct("=IIIIB3x")
_IOC_WRITE, _IOC_READ = 1, 2
_BUF_TYPE_VIDEO_CAPTURE = 1
_MEMORY_MMAP = 1
_CAP_VIDEO_CAPTURE = 0x0000_0001
_CAP_STREAMING = 0x0400_0000
_CAP_IO_MC = 0x2000_0000
_CAP_DEVICE_CAPS = 0x8000_0000


def _ioctl_number(direction: int, number: int, size: int) -> int:
    """Return what the kernel's _IOC(direction, 'V', number, size) gives on Arm and x86."""
    return direction << 30 | size << 16 | ord("V") << 8 | number


_QUERYCAP = _ioctl_number(_IOC_READ, 0, _CAPABILITY.size)
_REQBUFS = _ioctl_number(_IOC_READ | _IOC_WRITE, 8, _REQUEST_BUFFERS.size)

# Parts of the Pi's own camera; not all of them set IO_MC.
_PIPELINE_DRIVERS = {"bcm2835-isp", "bcm2835-codec", "unicam", "rp1-cfe", "pispbe"}

_RETRY_S = 0.02
_CHOOSE = f"see what there is with: {program.NAME} check"


class Webcam(Source):
    """Grey frames of a webcam. One thread reads and closes it: OpenCV may crash otherwise.

    device: a path such as ``/dev/video0`` or one in ``/dev/v4l/by-id``, or its
        number.
    size_px: width and height asked for; the webcam takes the nearest it has.
    rate_hz: frames a second asked for, likewise.
    limit_s: how long to go on without a new frame, in seconds.

    Raises SourceError where there is no such device, it is no webcam, is busy,
    may not be used, is unplugged, or stops giving frames.
    """

    live = True

    def __init__(
        self,
        device: str | int,
        *,
        size_px: tuple[int, int] = (640, 480),
        rate_hz: float = 15.0,
        limit_s: float = 5.0,
    ) -> None:
        self._path = webcam_path(device)
        self.name = f"webcam {self._path}"
        self._limit_s = limit_s
        self._closed = threading.Event()
        self._stamp_ms = 0.0
        check_webcam(self._path)
        # OpenCV's own limit is 10 s: too long to end the program within 2 s. It
        # is read once, at the first frame. A slow start is retried in __iter__.
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
        quiet_opencv()
        self._node = _node(self._path)
        self._capture = cv2.VideoCapture(str(self._path), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            self.close()
            raise SourceError(f"{self.name}: OpenCV cannot open it: unplug it and plug it in again")
        self._configure(size_px, rate_hz)

    def __iter__(self) -> Iterator[Frame]:
        """Yield each new frame, until closed; its time is when it arrived."""
        since_s = time.monotonic()
        while not self._closed.is_set():
            picture = self._read()
            now_s = time.monotonic()
            # After an unplug, read() may go on and report success.
            if _node(self._path) != self._node:
                raise SourceError(f"{self.name}: unplugged: plug it in again")
            if picture is not None:
                yield Frame(to_grey(picture), now_s, to_colour(picture))
                since_s = time.monotonic()
            elif now_s - since_s > self._limit_s:
                raise SourceError(
                    f"{self.name}: no new frame for {self._limit_s:g} s: check its cable"
                )
            else:
                self._closed.wait(_RETRY_S)  # a read that fails at once must not spin

    def close(self) -> None:
        """Let go of the webcam."""
        self._closed.set()
        self._capture.release()

    def _configure(self, size_px: tuple[int, int], rate_hz: float) -> None:
        """Ask for MJPG, which many webcams need to keep up over USB 2, and for no backlog."""
        mjpg = cv2.VideoWriter.fourcc(*"MJPG")
        self._capture.set(cv2.CAP_PROP_FOURCC, mjpg)
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_px[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_px[1])
        self._capture.set(cv2.CAP_PROP_FPS, rate_hz)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _read(self) -> MatLike | None:
        """Return the next picture, BGR; None where there was none, or the same one again."""
        try:
            ok, picture = self._capture.read()
        except cv2.error as error:
            raise SourceError(f"{self.name}: OpenCV failed: {error.err}") from error
        stamp_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        # Some drivers give no times; then every picture counts as new.
        again = stamp_ms > 0 and stamp_ms == self._stamp_ms
        self._stamp_ms = stamp_ms
        return picture if ok and not again else None


def find_webcams(dev: Path = Path("/dev")) -> tuple[list[Path], list[SourceError]]:
    """Return the nodes that can capture video, in the order of their numbers.

    dev: the folder of the device nodes.

    The second list says of nodes that may not be opened why not.
    """
    paths, refused = [], []
    nodes = (path for path in dev.glob("video*") if re.fullmatch(r"video\d+", path.name))
    for path in sorted(nodes, key=lambda path: int(path.name.removeprefix("video"))):
        try:
            if _is_webcam(*_query(path)):
                paths.append(path)
        except PermissionError as error:
            refused.append(webcam_error(error, path))
        except OSError as error:
            _log.debug("%s", webcam_error(error, path))
    return paths, refused


def webcam_path(device: str | int) -> Path:
    """Return the path of the node: 0 and "0" stand for /dev/video0."""
    name = str(device)
    return Path(f"/dev/video{name}" if name.isdecimal() else name)


def check_webcam(path: Path) -> None:
    """Raise SourceError, with the reason, where the node cannot be used as a webcam."""
    try:
        driver, capabilities = _query(path)
        if _is_webcam(driver, capabilities):
            _request_no_buffers(path)
    except OSError as error:
        raise webcam_error(error, path) from error
    if not _is_webcam(driver, capabilities):
        raise SourceError(f"webcam {path}: not a webcam (its driver is {driver}): {_CHOOSE}")


def webcam_error(error: OSError, path: Path) -> SourceError:
    """Return the error that says in words why ``path`` cannot be used, and what to do."""
    code = error.errno
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR):
        reason = f"no such device: plug the webcam in, or {_CHOOSE}"
    elif code in (errno.EACCES, errno.EPERM):
        reason = f"no permission: {_how_to_permit(_group(path))}"
    elif code == errno.EBUSY:
        reason = "busy: another program uses it: stop that program"
    elif code in (errno.ENOTTY, errno.EINVAL, errno.EISDIR):
        reason = f"not a video device: {_CHOOSE}"
    else:
        reason = f"cannot be used: {why(error)}"
    kind = BusyError if code == errno.EBUSY else SourceError
    return kind(f"webcam {path}: {reason}")


def _query(path: Path) -> tuple[str, int]:
    """Return the node's driver and its capabilities; raises OSError."""
    answer = _ask(path, _QUERYCAP, bytes(_CAPABILITY.size))
    driver, _, _, _, of_all_nodes, of_this_node = _CAPABILITY.unpack(answer)
    capabilities = of_this_node if of_all_nodes & _CAP_DEVICE_CAPS else of_all_nodes
    return driver.rstrip(b"\0").decode(errors="replace"), capabilities


def _request_no_buffers(path: Path) -> None:
    """Ask for no buffers, which changes nothing, but fails with EBUSY where one streams."""
    request = _REQUEST_BUFFERS.pack(0, _BUF_TYPE_VIDEO_CAPTURE, _MEMORY_MMAP, 0, 0)
    _ask(path, _REQBUFS, request)


def _ask(path: Path, request: int, argument: bytes) -> bytes:
    """Make one ioctl call on the node; raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return fcntl.ioctl(descriptor, request, argument)
    finally:
        os.close(descriptor)


def _is_webcam(driver: str, capabilities: int) -> bool:
    """Tell a webcam from encoders, metadata nodes and parts of the Pi's own camera."""
    wanted = _CAP_VIDEO_CAPTURE | _CAP_STREAMING
    usable = capabilities & wanted == wanted and not capabilities & _CAP_IO_MC
    return usable and driver not in _PIPELINE_DRIVERS


def _how_to_permit(group: str) -> str:
    if group == "root":  # nobody should join that
        return "it belongs to the group root: have udev give it to the group video"
    return f"it belongs to the group {group}: sudo usermod -aG {group} $USER, then log in again"


def _group(path: Path) -> str:
    """Return the group that owns the node; "video", as udev has it, where nothing tells."""
    try:
        return grp.getgrgid(path.stat().st_gid).gr_name
    except (KeyError, OSError):
        return "video"


def _node(path: Path) -> tuple[int, int, int] | None:
    """Return what tells this node from one that took its place; None where it is gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_rdev
