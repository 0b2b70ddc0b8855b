"""What there is on this machine for Mien to work with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

import device
from device.config import Settings
from device.errors import MienError, SinkError, SourceError
from device.faces import cascade_path
from device.model import RUNTIME_PACKAGES, read_card
from device.service import DEMO, find_camera, model_path, open_model, open_source
from device.sources.picamera import picamera_names
from device.sources.webcam import webcam_paths

Finding = tuple[bool, str, str]


def check(settings: Settings) -> Iterator[Finding]:
    """Yield for each part whether it is well, its name, and what was found."""
    yield True, "Mien", f"{device.__version__}, Python {platform.python_version()}"
    parts: dict[str, Callable[[Settings], str]] = {
        "cameras": _cameras,
        "source": _source,
        "model": _model,
        "runtime": _runtime,
        "OpenCV": _opencv,
        "cascade": lambda _: str(cascade_path()),
        "log": _log,
    }
    for name, find in parts.items():
        try:
            yield True, name, find(settings)
        except MienError as error:
            yield False, name, str(error)


def _cameras(_: Settings) -> str:
    found = [f"Pi camera {name}" for name in picamera_names()]
    found += [f"webcam {path}" for path in webcam_paths()]
    return ", ".join(found) or "none found"


def _source(settings: Settings) -> str:
    if settings.source == "auto" and find_camera() is None:
        if not DEMO.is_file():
            raise SourceError(f"no camera, and the demo clip {DEMO} is missing")
        return "auto: no camera, the demo clip is played"
    with open_source(settings) as source:
        return source.name


def _model(settings: Settings) -> str:
    path = model_path(settings)
    card = read_card(path)
    found = f"{path}: {card['name']}"
    figures = card.get("figures")
    if figures:
        accuracy, split = figures["int8_accuracy"], figures["split"]
        found += f", {accuracy:.1%} right on {split} ({figures['images']} images)"
    return found


def _runtime(settings: Settings) -> str:
    name = open_model(settings).runtime
    package = RUNTIME_PACKAGES[name]
    return f"{package} {importlib.metadata.version(package)}"


def _opencv(_: Settings) -> str:
    if not hasattr(cv2, "CascadeClassifier"):
        raise SourceError(f"{cv2.__version__} has no CascadeClassifier: install a 4.x version")
    return cv2.__version__


def _log(settings: Settings) -> str:
    if not settings.log:
        return "off (give --log FILE, or log in mien.toml)"
    path = Path(settings.log)
    target = path if path.exists() else path.parent
    if path.is_dir() or not os.access(target, os.W_OK):
        raise SinkError(f"cannot write {path}: make its folder writable, or give another file")
    free_bytes = os.statvfs(path.parent)
    free_mb = free_bytes.f_bavail * free_bytes.f_frsize / 1e6
    return f"{path}, {free_mb:,.0f} MB free"
