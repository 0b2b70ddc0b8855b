"""A Mien that runs already with the settings at hand, as another process sees it."""

from __future__ import annotations

import fcntl
import http.client
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec

from device.config import PageSettings, Settings, read_settings
from device.unit import Unit, read_unit

_ANSWER_S = 3.0
_MOST_BYTES = 4096
# Where a page that listens on all addresses is asked.
_NEAR = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound to


@dataclass(frozen=True)
class Running:
    """Whether one runs, and what the service may do.

    logs: whether a process writes the log.
    here: whether one runs with these settings.
    waits: whether it says of itself that it has no picture.
    user: the service's user, where these are the service's settings; "" where they are not.
    """

    logs: bool = False
    here: bool = False
    waits: bool = False
    user: str = ""

    def owns(self, *paths: Path) -> bool:
        """Tell whether the service's user may write ``paths``, and who asks is another.

        What may not be seen is taken to be like the folder that it is in.
        """
        try:
            number = pwd.getpwnam(self.user).pw_uid
        except KeyError:  # none, or one that was removed
            return False
        if number == os.geteuid():
            return False
        found = [_status(path) for path in paths]
        return all(one.st_uid == number and one.st_mode & stat.S_IWUSR for one in found)


def find_running(settings: Settings, config: Path | None) -> Running:
    """Look for a Mien that runs with ``settings``, which the file ``config`` may have given.

    One that writes the log holds its lock. Where there is none that may be read, systemd tells,
    of the service's own settings.
    """
    logs = bool(settings.log) and _is_locked(Path(settings.log))
    unit = read_unit()
    if unit is None or not _is_of(unit, settings, config):
        return Running(logs, logs)
    waits = unit.text.startswith("No ")  # camera, or picture
    return Running(logs, logs or unit.pid > 0, waits, unit.user)


def answers(page: PageSettings) -> bool:
    """Tell whether a Mien answers where the page is to be."""
    host = _NEAR.get(page.host, page.host)
    connection = http.client.HTTPConnection(host, page.port, timeout=_ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        said = msgspec.json.decode(connection.getresponse().read(_MOST_BYTES))
    except (OSError, http.client.HTTPException, msgspec.DecodeError, UnicodeError):
        return False
    finally:
        connection.close()
    return isinstance(said, dict) and {"status", "frame_age_s"} <= said.keys()


def _is_of(unit: Unit, settings: Settings, config: Path | None) -> bool:
    """Tell whether these are the settings that the service has."""
    same = unit.there and config is not None and config == unit.config
    return same and settings == read_settings(config)


def _is_locked(path: Path) -> bool:
    """Tell whether another process has the file at ``path`` for itself."""
    try:
        # Not to wait for a pipe's other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # what cannot be locked is held by nobody
        return False
    finally:
        os.close(descriptor)
    return False


def _status(path: Path) -> os.stat_result:
    """Return whose ``path`` is; of what is not seen, the folder above it."""
    for place in (path, *path.parents):
        try:
            return place.stat()
        except OSError:
            continue
    return Path("/").stat()
