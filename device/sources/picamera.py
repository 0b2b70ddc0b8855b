"""The Raspberry Pi's own camera, through picamera2."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.errors import BusyError, SourceError
from device.records import Colour, Frame, Grey
from device.sources.base import Source

_log = logging.getLogger(__name__)

_INSTALL = "sudo apt install python3-picamera2, and make the venv with --system-site-packages"
_PERMIT = "add yourself to its group: sudo usermod -aG video $USER, then log in again"
# A NumPy that the installed picamera2 was not built for shows as a ValueError.
_IMPORT_ERRORS = (ImportError, ValueError)


class PiCamera(Source):
    """Frames of a Pi camera, grey straight from the luminance plane of its ``lores`` stream.

    One thread reads and closes it.

    size_px: width and height of the frames asked for; libcamera may adjust them.
    rate_hz: frames a second. A slow rate lets the sensor gather more light.
    camera: which of the cameras in ``picamera_names``, from 0.
    limit_s: how long to wait for a frame, in seconds.
    colour: give the frames in colour as well, for people to look at.

    Raises SourceError where picamera2 is not installed, there is no such
    camera, it is busy, may not be used, or stops giving frames.
    """

    live = True

    def __init__(
        self,
        *,
        size_px: tuple[int, int] = (640, 480),
        rate_hz: float = 15.0,
        camera: int = 0,
        limit_s: float = 2.0,
        colour: bool = False,
    ) -> None:
        self.name = f"Pi camera {camera}"
        self._colour = colour
        self._limit_s = limit_s
        self._camera: Any = None
        _quiet_libcamera()
        try:
            from picamera2 import Picamera2
        except _IMPORT_ERRORS as error:
            raise SourceError(f"picamera2 cannot be used ({error}): {_INSTALL}") from error
        try:
            # Asked for first: Picamera2() leaks a pipe where there is no camera.
            found = camera < len(_pi_cameras(Picamera2.global_camera_info()))
            if found:
                self._camera = Picamera2(camera_num=camera)
                self._size_px = self._start(size_px, rate_hz)
        except (RuntimeError, OSError) as error:
            self.close()
            raise _failed(self.name, error) from error
        if not found:
            raise SourceError(f"{self.name}: {_why_absent(Path('/dev'))}")

    def __iter__(self) -> Iterator[Frame]:
        """Yield each new frame, until closed; its time is the sensor's, on the monotonic clock."""
        while self._camera is not None:
            yield self._capture()

    def close(self) -> None:
        """Stop the camera and let go of it."""
        if self._camera is None:
            return
        try:
            # Without stop() first: that waits without limit for picamera2's event
            # thread, which may be what died. close() ends the thread, then stops.
            self._camera.close()
        except (RuntimeError, OSError) as error:
            raise SourceError(f"{self.name}: cannot be closed: {_innermost(error)}") from error
        finally:
            self._camera = None

    def _start(self, size_px: tuple[int, int], rate_hz: float) -> tuple[int, int]:
        """Configure and start the camera; return the width and height it will give."""
        period_us = round(1e6 / rate_hz)
        width_px, height_px = self._camera.sensor_resolution
        configuration = self._camera.create_video_configuration(
            # The main stream cannot be turned off; so it costs the least memory.
            main={"size": size_px, "format": "YUV420"},
            lores={"size": size_px, "format": "YUV420"},
            raw=None,
            # Left to itself, the sensor mode nearest to a small picture is one
            # that cuts out the middle. Half the resolution sees the whole view.
            sensor={"output_size": (width_px // 2, height_px // 2)},
            controls={"FrameDurationLimits": (period_us, period_us)},
            buffer_count=4,
            display=None,
            encode=None,
        )
        self._camera.configure(configuration)
        self._camera.start()
        width_px, height_px = self._camera.camera_configuration()["lores"]["size"]
        return width_px, height_px

    def _capture(self) -> Frame:
        """Wait for the next frame; array and time are of the same request."""
        try:
            with self._camera.captured_request(wait=self._limit_s) as request:
                picture = request.make_array("lores")  # a copy, (height * 3 / 2, stride)
                taken_ns = request.get_metadata()["SensorTimestamp"]
        except TimeoutError as error:
            # Else a late frame would be handed to the job that nobody waits for.
            self._camera.cancel_all_and_flush()
            self.close()
            raise SourceError(
                f"{self.name}: no frame for {self._limit_s:g} s: check the camera's cable"
            ) from error
        except (RuntimeError, OSError) as error:
            self.close()
            raise _failed(self.name, error) from error
        bgr = _in_colour(picture, self._size_px) if self._colour else None
        return Frame(_luminance(picture, self._size_px), taken_ns / 1e9, bgr)


def picamera_names() -> list[str]:
    """Return the models of the Pi cameras found, in the order of their numbers.

    Empty where picamera2 is not installed. USB webcams, which libcamera lists
    too, are left out: they have no ``lores`` stream, and ``Webcam`` reads them.
    """
    _quiet_libcamera()
    try:
        from picamera2 import Picamera2
    except ModuleNotFoundError as error:
        if error.name != "picamera2":
            _warn(f"picamera2 cannot be used ({error}): {_INSTALL}")
        return []
    except _IMPORT_ERRORS as error:
        _warn(f"picamera2 cannot be used ({error}): {_INSTALL}")
        return []
    try:
        cameras = _pi_cameras(Picamera2.global_camera_info())
    except (RuntimeError, OSError) as error:
        _warn(str(_failed("Pi cameras", error)))
        return []
    return [str(info["Model"]) for info in cameras]


@functools.lru_cache(maxsize=8)
def _warn(text: str) -> None:
    """Warn, once: a service that waits for a camera looks for it for ever."""
    _log.warning("%s", text)


def _quiet_libcamera() -> None:
    """Keep both libraries' own lines off stderr: what went wrong is said in one of ours."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:FATAL")
    logging.getLogger("picamera2").setLevel(logging.CRITICAL)


def _pi_cameras(infos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those on the camera connector; picamera2 numbers the USB ones after them."""
    return [info for info in infos if "/usb" not in info["Id"]]


def _luminance(picture: Grey, size_px: tuple[int, int]) -> Grey:
    """Cut the grey rows, uint8 (height, width), out of YUV420 (height * 3 / 2, stride)."""
    width_px, height_px = size_px
    return np.ascontiguousarray(picture[:height_px, :width_px])


def _in_colour(picture: Grey, size_px: tuple[int, int]) -> Colour | None:
    """Return BGR, uint8 (height, width, 3), of YUV420 (height * 3 / 2, stride).

    None where the sizes are odd, so that the planes of colour cannot be told apart.
    """
    width_px, height_px = size_px
    if height_px % 2 or picture.shape[1] % 4:
        return None
    whole = cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420)
    return whole[:height_px, :width_px].astype(np.uint8, copy=False)


def _failed(name: str, error: Exception) -> SourceError:
    """Return what says why the camera stopped, and what to do; the cause is in a chain."""
    text = " ".join(str(one) for one in _chain(error))
    # Older versions of picamera2 give libcamera's code, newer ones its text.
    if "busy" in text or "unexpected code: -16" in text:
        return BusyError(f"{name}: busy: another program uses the camera: stop that program")
    if "Permission denied" in text:
        return SourceError(f"{name}: no permission ({_innermost(error)}): {_PERMIT}")
    return SourceError(f"{name}: failed: {_innermost(error)}")


def _why_absent(dev: Path) -> str:
    """Say why no camera is listed: libcamera passes over what it may not open."""
    for node in sorted(dev.glob("media*")):
        if not os.access(node, os.R_OK | os.W_OK):
            return f"no permission for {node}: {_PERMIT}"
    return "no such camera found: check its cable, then: rpicam-hello --list-cameras"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, what caused it, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _innermost(error: BaseException) -> BaseException:
    """Return the error that caused the others."""
    *_, cause = _chain(error)
    return cause
