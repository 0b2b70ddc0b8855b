"""What there is on this machine for Mien to work with."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

import device
from device import program
from device.config import Settings
from device.errors import BusyError, MienError, SinkError, why
from device.face_points import describe_landmarks
from device.faces import cascade_path
from device.model import RUNTIME_PACKAGES
from device.model_choice import chosen_path, describe, load_model
from device.model_file import unpack
from device.onlookers import open_screen_panel
from device.paths import is_recording
from device.running import Running, answers, find_running
from device.self_test import try_model
from device.service import open_finder, open_source, stands_in
from device.sources.picamera import picamera_names
from device.sources.webcam import find_webcams

Finding = tuple[bool, str, str]
_HIDDEN = {"blur": "blurred", "black": "black"}
_BY_IT = "in use by the Mien that runs"


def check(settings: Settings, config: Path | None = None) -> Iterator[Finding]:
    """Yield for each part whether it is well, its name, and what was found.

    config: the file that ``settings`` are from. What a Mien that runs with them has in use is
        well, and so is what only its service's user may use.
    """
    running = find_running(settings, config)
    yield True, "Mien", f"{device.__version__}, Python {platform.python_version()}"
    parts: dict[str, Callable[[Settings], str]] = {
        "cameras": _cameras,
        "source": _source,
        "model": _model,
        "runtime": _runtime,
        "faces": _faces,
        "points": _points,
        "log": _log,
        "screen": lambda settings: _screen(settings, running),
        "page": _page,
        "picture": _picture,
        "state": _state,
        "mqtt": _mqtt,
    }
    for name, find in parts.items():
        try:
            yield True, name, find(settings)
        except MienError as error:
            held = _held(name, settings, running, error) or _kept(name, settings, running, error)
            yield bool(held), name, held or str(error)


def _held(name: str, settings: Settings, running: Running, error: MienError) -> str:
    """Return what the Mien that runs has in use, which is no trouble then; "" for nothing."""
    page, cause = settings.page, error.__cause__
    if name == "log" and running.logs and isinstance(cause, PermissionError):
        return f"{settings.log}, {_BY_IT}"
    if not running.here:
        return ""
    if name == "source" and isinstance(error, BusyError) and not running.waits:
        return f"{settings.source}, {_BY_IT}"
    if name == "screen" and settings.screen == "console":  # without it none would run
        return f"console, {_BY_IT}"
    taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
    if name == "page" and taken and answers(page):
        return f"{page.host} port {page.port}, {_BY_IT}"
    return ""


def _kept(name: str, settings: Settings, running: Running, error: MienError) -> str:
    """Return what belongs to the service's user, and is closed to others; "" for nothing."""
    cause = error.__cause__
    if not isinstance(cause, PermissionError):
        return ""
    log = Path(settings.log)
    places = {"log": [log, log.parent], "state": [Path(settings.state)]}
    if name in ("model", "runtime") and cause.filename:
        places[name] = [Path(cause.filename)]
    if name not in places or not running.owns(*places[name]):
        return ""
    closer = f"sudo {program.NAME} check looks closer"
    return f"{places[name][0]}, the user {running.user}'s ({closer})"


def _cameras(_: Settings) -> str:
    paths, refused = find_webcams()
    found = [f"Pi camera {name}" for name in picamera_names()]
    found += [f"webcam {path}" for path in paths]
    if refused and not found:
        raise refused[0]
    return ", ".join(found) or "none found"


def _source(settings: Settings) -> str:
    with open_source(settings) as source:
        return "no camera: the demo clip" if stands_in(settings, source) else source.name


def _model(settings: Settings) -> str:
    path = chosen_path(settings)
    return describe(path, unpack(path)[0])


def _runtime(settings: Settings) -> str:
    model = load_model(settings)
    package = RUNTIME_PACKAGES[model.runtime]
    return f"{package} {importlib.metadata.version(package)}, {try_model(model)}"


def _faces(settings: Settings) -> str:
    open_finder(settings)
    return f"OpenCV {cv2.__version__} with {cascade_path()}"


def _points(settings: Settings) -> str:
    if not settings.faces.landmarks:
        return "off (landmarks in [faces])"
    return describe_landmarks(settings)


def _log(settings: Settings) -> str:
    if not settings.log:
        return "off (--log FILE, or log in the settings)"
    path = Path(settings.log)
    try:
        # Rotation makes files beside it, so the right to write the file alone is too little.
        free_mb = _room_mb(path.resolve().parent)
        if path.exists():
            path.open("ab").close()
    except (OSError, RuntimeError) as error:  # the latter for a link in a circle
        reason = getattr(error, "strerror", None) or str(error)
        raise SinkError(f"{path}: cannot be written: {reason.lower()}") from error
    return f"{path}, {free_mb:,.0f} MB free"


def _screen(settings: Settings, running: Running | None = None) -> str:
    if settings.screen == "off":
        return "off (screen in the settings)"
    recording = is_recording(settings)
    if recording and settings.screen == "auto":
        return "off for a recording (--screen window shows it)"
    panel = open_screen_panel(settings, recording=recording)
    if panel is None:
        from device.sinks.screen import (
            NONE_FOUND,
            why_none,
        )  # as all of the screen: only where it is wanted

        none = why_none(settings.panel)
        there = running is not None and running.here and none != NONE_FOUND
        return f"{none}; the Mien that runs may have it" if there else none
    with panel:
        return panel.name


def _page(settings: Settings) -> str:
    if not settings.web:
        return "off (--web, or web in the settings)"
    host, port = settings.page.host, settings.page.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except (OSError, UnicodeError) as error:  # the latter for a name that cannot be one
        number = getattr(error, "errno", None) or 0  # below 0: of a name that is not found
        strerror = os.strerror(number) if number > 0 else getattr(error, "strerror", None)
        reason = (strerror or str(error)).lower()
        advice = "give another host or port in [page]"
        raise SinkError(f"{host} port {port}: cannot be used: {reason}: {advice}") from error
    return f"{host} port {port} is free"


def _picture(settings: Settings) -> str:
    picture = settings.picture
    if not picture.hides:
        return "shown as it is (background and faces in [picture])"
    found = []
    if picture.background != "show":
        from device.veil import load_marker  # as all of it: only where it is wanted

        mask = load_marker(settings)
        found.append(f"background {_HIDDEN[picture.background]}, faces marked by {mask.id}")
    if picture.faces != "show":
        from device.veil import Search

        Search(settings.faces, hold_s=0.0)
        found.append(f"faces {_HIDDEN[picture.faces]}")
    return ", ".join(found)


def _state(settings: Settings) -> str:
    if not settings.state:
        return "off (--state FOLDER, or state in the settings)"
    folder = Path(settings.state)
    try:
        if not folder.exists():  # it is made at the first start, in one that is there
            return f"{folder}, to be made, {_room_mb(folder.parent):,.0f} MB free"
        return f"{folder}, {_room_mb(folder):,.0f} MB free"
    except OSError as error:
        reason = why(error)
        raise SinkError(f"{folder}: cannot be written: {reason}") from error


def _mqtt(settings: Settings) -> str:
    if not settings.mqtt.enabled:
        return "off (enabled in [mqtt])"
    from device.sinks.mqtt import probe  # as all of it: only where it is wanted

    return probe(settings.mqtt)


def _room_mb(folder: Path) -> float:
    """Return how much room there is in ``folder``; raises OSError where nothing may be made."""
    with tempfile.TemporaryFile(dir=folder):
        return shutil.disk_usage(folder).free / 1e6
