"""Builds the parts from the settings, and runs them until told to stop."""

from __future__ import annotations

import logging
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from device.config import Settings
from device.costs import Costs
from device.emotions import Calm, Emotions
from device.errors import ConfigError, SourceError, StuckCameraError, why
from device.face_points import open_marks
from device.faces import FaceFinder, FaceFollower, Marks
from device.heartbeat import Heartbeat
from device.journal import is_journal
from device.model import Model
from device.model_choice import open_model, open_working_model
from device.notify import Notify
from device.onlookers import open_onlookers, open_screen_panel, open_veil
from device.pace import Pace
from device.paths import check_folders, check_source, is_recording
from device.pipeline import Heart, Pipeline, Totals, Veil
from device.sinks.base import Sink
from device.sinks.console import Console
from device.sinks.log import Log
from device.sources.base import Source
from device.sources.newest import Newest
from device.sources.paced import Paced
from device.sources.picamera import PiCamera, picamera_names
from device.sources.reopened import Reopened
from device.sources.video import ImageFolder, Video
from device.sources.webcam import Webcam, find_webcams
from device.stop import Stop
from device.stuck import StuckCount

_log = logging.getLogger(__name__)

HERE = Path(__file__).parent
DEMO = HERE / "demo" / "demo.mp4"

# How long the first look at a camera may hold up the start.
_NAMED_S = 6.0


def run(
    settings: Settings,
    stop: Stop,
    duration_s: float = math.inf,
    *,
    costs: Costs | None = None,
    lines: TextIO | None = None,
) -> Totals:
    """Read faces as ``settings`` say until the source ends or ``stop`` is set.

    costs: where what each stage takes is noted.
    lines: where the lines for people go; None for stdout, where that is not a service's.

    Raises ConfigError, SourceError, ModelError, SinkError or StuckError; whatever was read
    before is in the log.
    """
    with ExitStack() as parts:
        notify = parts.enter_context(Notify.from_environment())
        check_folders(settings)
        if notify.there:  # a new start would not find it either
            check_source(settings)
        stuck = open_stuck_count(settings) if notify.there else None
        notify.status("Starting: loading the model")
        model, called = _open_model_to_run(settings, notify)
        costs = costs or Costs()
        panel = open_screen_panel(settings, recording=is_recording(settings))
        if panel is not None:
            parts.enter_context(panel)
        watched = settings.web or panel is not None
        notify.status("Starting: opening the camera")
        source = parts.enter_context(
            open_source(
                settings,
                costs,
                watched=watched,
                lasting=watched or notify.there,
                hung=stuck is not None and stuck.hung,
                stop=stop,
            )
        )
        # The log first, so that a line on the console is always in the log already.
        sinks: list[Sink] = [parts.enter_context(log) for log in open_log(settings)]
        if watched or settings.state or settings.mqtt.enabled:
            sinks += open_onlookers(settings, source, model, costs, panel, stop, parts)
        if lines or not (notify.there or is_journal(sys.stdout)):  # a journal carries events
            sinks.append(parts.enter_context(Console(lines or sys.stdout)))
        if stands_in(settings, source):
            _log.warning("no camera found: playing the demo clip")
        _log.info("reading %s with %s", source.name, called)
        stop.wakes(source.wake)
        veil = open_veil(settings, source, costs) if watched else None
        heart = Heartbeat(notify, source, called, sinks, stuck.clear if stuck else None)
        pipeline = build_pipeline(settings, source, model, sinks, costs, heart, veil)
        with _told(notify, stuck):
            return pipeline.run(stop, duration_s)


def _open_model_to_run(settings: Settings, notify: Notify) -> tuple[Model, str]:
    """Load the model, and return what to call it; a service goes on with any that works."""
    if notify.there:
        return open_working_model(settings)
    model = open_model(settings)
    return model, model.id


@contextmanager
def _told(notify: Notify, stuck: StuckCount | None) -> Iterator[None]:
    """Tell that the reading within the block is over, and count a camera that ends it."""
    try:
        yield
    except StuckCameraError:
        if stuck is not None:
            stuck.add()
        raise
    finally:
        notify.status("Stopping")
        notify.stopping()


def open_stuck_count(settings: Settings) -> StuckCount | None:
    """Return what counts how often a camera hangs; None where nothing can be kept."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    folder = settings.state or runtime
    if not folder:
        return None
    return StuckCount(
        Path(folder),
        Path(runtime) if runtime else None,
        reboot_after=settings.camera.reboot_after,
    )


def build_pipeline(
    settings: Settings,
    source: Source,
    model: Model,
    sinks: Sequence[Sink],
    costs: Costs,
    heart: Heart | None = None,
    veil: Veil | None = None,
) -> Pipeline:
    """Put the pipe together between ``source`` and ``sinks``."""
    return Pipeline(
        source,
        open_follower(settings, source, open_marks(settings, costs)),
        model,
        Emotions(model.labels, open_calm(settings, source)),
        sinks,
        Pace(rate_hz=settings.rate_hz, look_hz=settings.look_hz),
        costs,
        heart,
        veil,
    )


def open_log(settings: Settings) -> list[Log]:
    """Open the prediction log, if there is to be one.

    Raises ConfigError where the lines for people go to the same file.
    """
    if not settings.log:
        return []
    path = Path(settings.log)
    log = Log(
        path,
        max_bytes=settings.log_max_bytes,
        max_age_s=settings.log_max_age_h * 3600,
        keep=settings.log_keep,
        total_bytes=settings.log_total_bytes,
        sync_s=settings.log_sync_s,
        raw=settings.log_raw,
    )
    if log.is_file_of(sys.stdout):
        log.close()
        raise ConfigError(f"log {path}: it is where the lines for people go: give another file")
    return [log]


def open_finder(settings: Settings) -> FaceFinder:
    """Build the face finder."""
    faces = settings.faces
    return FaceFinder(
        width_px=faces.width_px,
        smallest=faces.smallest,
        scale_step=faces.scale_step,
        neighbours=faces.neighbours,
    )


def open_follower(settings: Settings, source: Source, marks: Marks | None = None) -> FaceFollower:
    """Build what follows the faces of ``source``."""
    return FaceFollower(
        open_finder(settings),
        continuous=source.continuous,
        search_hz=settings.faces.search_hz,
        forget_s=settings.faces.forget_s,
        still_s=settings.faces.still_s,
        marks=marks,
    )


def open_calm(settings: Settings, source: Source) -> Calm:
    """Return how calmly the faces of ``source`` are read."""
    calm = settings.emotions
    if not source.continuous:
        return Calm(average_s=0.0, margin=0.0, uncertain_below=calm.uncertain_below)
    return Calm(calm.average_s, calm.margin, calm.uncertain_below)


def open_source(
    settings: Settings,
    costs: Costs | None = None,
    *,
    watched: bool = False,
    lasting: bool = False,
    hung: bool = False,
    stop: Stop | None = None,
) -> Source:
    """Open the source that ``settings`` name; see ``Settings.source``.

    costs: where what a camera's frames take is noted.
    watched: whether people look on: then a camera gives colours.
    lasting: whether it goes on for ever: then a camera is waited for where it is not there,
        a recording keeps its own pace, and the demo clip is played over and over.
    hung: whether the camera hung in the process before; see ``Reopened``.
    stop: ends the wait for a camera that is slow to open.

    Raises SourceError where it cannot be opened.
    """
    if is_recording(settings):
        recording = _open_recording(Path(settings.source))
        return Paced(recording) if lasting else recording
    spec = settings.source
    if spec == "auto":
        found = find_camera()
        if found is None:
            return Paced(Video(DEMO), again=lambda: Video(DEMO)) if lasting else Video(DEMO)
        # Who waits for a camera takes any; else this is the one, and is not looked for twice.
        spec = "camera" if lasting else found

    def open_camera() -> Newest:
        return Newest(lambda: _open_camera(spec, settings, colour=watched), costs=costs)

    camera = open_camera()
    if stop is not None:
        stop.wakes(camera.wake)
    if not lasting:
        camera.opened()
        return camera
    # So that it has a name by then. What is wrong with it is told when it is read.
    with suppress(SourceError):
        camera.opened(_NAMED_S)
    return Reopened(camera, open_camera, hung=hung)


def _open_recording(path: Path) -> Source:
    try:
        return ImageFolder(path) if path.is_dir() else Video(path)
    except SourceError:
        raise
    except OSError as error:  # no right to look, or a name too long
        raise SourceError(f"cannot read {path}: {why(error)}") from error


def stands_in(settings: Settings, source: Source) -> bool:
    """Tell whether ``source`` is the demo clip, in place of a camera that was not found."""
    return settings.source == "auto" and not source.live


def find_camera() -> str | None:
    """Return the first camera found, as a source: a Pi camera before a webcam.

    Raises SourceError where there are webcams, and none of them may be used.
    """
    if picamera_names():
        return "picamera"
    paths, refused = find_webcams()
    if refused and not paths:
        raise refused[0]
    return str(paths[0]) if paths else None


def _open_camera(spec: str, settings: Settings, *, colour: bool) -> Source:
    """Open a camera, any for "camera"; raises SourceError where there is none."""
    if spec == "camera":
        found = find_camera()
        if found is None:
            raise SourceError("no camera found: connect one, or give --source VIDEO")
        spec = found
    camera = settings.camera
    size_px = (camera.width_px, camera.height_px)
    if spec == "picamera":
        return PiCamera(size_px=size_px, rate_hz=camera.rate_hz, colour=colour)
    path = f"/dev/video{spec}" if spec.isdecimal() else spec
    return Webcam(path, size_px=size_px, rate_hz=camera.rate_hz)
