"""Builds the parts from the settings, and runs them until told to stop."""

from __future__ import annotations

import logging
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from device.config import Settings
from device.errors import SourceError
from device.faces import FaceFinder, FaceTracker
from device.model import Model
from device.pipeline import Pipeline, Totals
from device.sinks.base import Sink
from device.sinks.console import Console
from device.sinks.log import Log
from device.sources.base import Source
from device.sources.newest import Newest
from device.sources.picamera import PiCamera, picamera_names
from device.sources.video import ImageFolder, Video
from device.sources.webcam import Webcam, webcam_paths

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
MODELS = HERE / "models"
DEMO = HERE / "demo" / "demo.mp4"


def run(settings: Settings, duration_s: float = math.inf) -> Totals:
    """Read faces as ``settings`` say until the source ends, or SIGINT or SIGTERM comes.

    Raises ConfigError, SourceError, ModelError or SinkError; whatever was read
    before is in the log.
    """
    with ExitStack() as parts:
        model = open_model(settings)
        # The log first, so that a line on the console is always in the log already.
        sinks: list[Sink] = []
        if settings.log:
            limits = {"max_bytes": settings.log_max_bytes, "keep": settings.log_keep}
            sinks.append(parts.enter_context(Log(Path(settings.log), **limits)))
        sinks.append(parts.enter_context(Console(sys.stdout)))
        source = parts.enter_context(open_source(settings))
        log.info("reading %s with %s", source.name, model.id)
        stop = threading.Event()
        parts.enter_context(_stopping(stop, source.wake))
        pipeline = Pipeline(
            source, open_finder(settings), FaceTracker(), model, sinks, rate_hz=settings.rate_hz
        )
        return pipeline.run(stop, duration_s)


def open_model(settings: Settings) -> Model:
    """Load the model that ``settings`` name: a shipped one, or a file."""
    return Model(model_path(settings), runtime=settings.runtime, threads=settings.threads)


def model_path(settings: Settings) -> Path:
    """Return where the model lies: beside the program for a bare name, else as given."""
    name = settings.model
    is_path = "/" in name or name.endswith(".tflite")
    return Path(name) if is_path else MODELS / f"{name}.tflite"


def open_finder(settings: Settings) -> FaceFinder:
    """Build the face finder."""
    faces = settings.faces
    return FaceFinder(
        width_px=faces.width_px,
        smallest=faces.smallest,
        scale_step=faces.scale_step,
        neighbours=faces.neighbours,
    )


def open_source(settings: Settings) -> Source:
    """Open the source that ``settings`` name; see ``Settings.source``.

    Raises SourceError where it cannot be opened.
    """
    spec = settings.source
    if spec in ("auto", "camera"):
        camera = find_camera()
        if camera is not None:
            return _open_camera(camera, settings)
        if spec == "camera":
            raise SourceError("no camera found: connect one, or give --source VIDEO")
        log.warning("no camera found: playing the demo clip")
        return Video(DEMO)
    if spec == "picamera" or spec.isdecimal() or spec.startswith("/dev/"):
        return _open_camera(f"/dev/video{spec}" if spec.isdecimal() else spec, settings)
    path = Path(spec)
    return ImageFolder(path) if path.is_dir() else Video(path)


def find_camera() -> str | None:
    """Return the first camera found, as a source: a Pi camera before a webcam."""
    if picamera_names():
        return "picamera"
    return next((str(path) for path in webcam_paths()), None)


def _open_camera(spec: str, settings: Settings) -> Source:
    camera = settings.camera
    size_px = (camera.width_px, camera.height_px)
    if spec == "picamera":
        return Newest(PiCamera(size_px=size_px, rate_hz=camera.rate_hz))
    return Newest(Webcam(spec, size_px=size_px, rate_hz=camera.rate_hz))


@contextmanager
def _stopping(stop: threading.Event, wake: Callable[[], None]) -> Iterator[None]:
    """Within the block SIGINT and SIGTERM ask the loop to end after the frame in hand."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        wake()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
