"""The files and folders that the settings name: whether they can be there."""

from __future__ import annotations

import difflib
import os
import re
import stat
from pathlib import Path

from device.config import Settings
from device.errors import ConfigError, SinkError
from device.model_store import AUTO, ModelStore

# What lies below comes and goes with a disk or a device that is plugged in: that it is not there
# now says nothing of the settings.
_COMES_AND_GOES = ("/dev", "/media", "/mnt", "/run/media")
_MQTT_FILES = ("password_file", "ca_file", "cert_file", "key_file")


def check_paths(settings: Settings) -> None:
    """Make sure that all that the settings name is there.

    Raises ConfigError; as ``check_folders`` SinkError.
    """
    check_folders(settings)
    check_source(settings)
    _check_model(settings)
    _check_mqtt(settings)


def check_folders(settings: Settings) -> None:
    """Make sure that the log, and what is remembered, have a folder to lie in.

    Raises ConfigError; SinkError where a disk may bring it later. Who may write there is not
    asked: that is mended without the settings.
    """
    if settings.log:
        if stat.S_ISDIR(_mode(settings.log) or 0):
            raise ConfigError(f"log = {settings.log!r}: it is a folder: give a file in it")
        _check_folder("log", settings.log)
    if settings.state:
        _check_folder("state", settings.state)


def check_source(settings: Settings) -> None:
    """Raise ConfigError where the settings name a film or pictures that are not there."""
    spec = settings.source
    if is_recording(settings) and _is_missing(spec):
        raise ConfigError(
            f'source = {spec!r}: no such file or folder: give "camera", a webcam as '
            f'"/dev/video0", or a film that is there{_tilde(spec)}'
        )


def is_recording(settings: Settings) -> bool:
    """Tell whether ``settings`` name a film or pictures, and no camera, nor "auto"."""
    spec = settings.source
    cameras = ("auto", "camera", "picamera")
    return not (spec in cameras or spec.isdecimal() or _is_device(Path(spec)))


def _is_device(path: Path) -> bool:
    """Tell a device node, also one that is missing, from a file that lies below /dev."""
    try:
        return bool(re.match(r"/dev/(video|v4l/)", str(path))) or path.is_char_device()
    except OSError:  # no right to look, or a name too long: what opens it says so
        return False


def _check_folder(setting: str, value: str) -> None:
    folder = Path(os.path.realpath(value)).parent
    mode = _mode(folder)
    if _mode(value) or mode is None or stat.S_ISDIR(mode):
        return
    what = f"{setting} = {value!r}: there is no folder {folder}"
    if not mode and _comes_and_goes(folder):
        raise SinkError(f"{what}: is its disk plugged in and mounted?")
    raise ConfigError(f"{what}: make it, or give another place{_tilde(value)}")


def _check_model(settings: Settings) -> None:
    if settings.model == AUTO:
        return
    store = ModelStore(settings.state)
    path = store.path(settings.model)
    if not _is_missing(path):
        return
    names = [AUTO, *sorted(store.names())]
    near = difflib.get_close_matches(settings.model, names, n=1)
    advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    raise ConfigError(
        f"model = {settings.model!r}: there is no {path}: {advice}{_tilde(settings.model)}"
    )


def _check_mqtt(settings: Settings) -> None:
    for name in _MQTT_FILES if settings.mqtt.enabled else ():
        value = getattr(settings.mqtt, name)
        if value and _is_missing(value):
            raise ConfigError(f"[mqtt] {name} = {value!r}: no such file{_tilde(value)}")


def _is_missing(path: str | Path) -> bool:
    return _mode(path) == 0 and not _comes_and_goes(Path(path))


def _mode(path: str | Path) -> int | None:
    """Return the kind and the rights of what is there; 0 for nothing, None for who knows."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError:  # no right to look, or a link in a circle: what opens it says so
        return None


def _comes_and_goes(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _COMES_AND_GOES)


def _tilde(value: str) -> str:
    return "; ~ is not understood here: give the whole path" if value.startswith("~") else ""
