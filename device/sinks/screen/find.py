"""Which screens there are on this machine."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

DEV, SYS = Path("/dev"), Path("/sys")
UNITS = Path("/etc/systemd/system")
# A panel on SPI has no more; a larger one at /dev/fb1 is a second monitor.
_SMALL_PX = 800 * 480
_ANSWER_S = 1.0


def display_answers(environment: Mapping[str, str]) -> bool:
    """Tell whether there is a desktop: a Wayland or X server that takes connections.

    A driver for tests that ``SDL_VIDEODRIVER`` names counts as one.
    """
    if environment.get("SDL_VIDEODRIVER") in ("dummy", "offscreen"):
        return True
    return _wayland_answers(environment) or _x_answers(environment.get("DISPLAY", ""))


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    name = environment.get("WAYLAND_DISPLAY", "")
    folder = environment.get("XDG_RUNTIME_DIR", "")
    if not name or not (folder or name.startswith("/")):
        return False
    return _answers(socket.AF_UNIX, str(Path(folder) / name))


def _x_answers(display: str) -> bool:
    """Tell whether the X server of ``display``, like ``:0`` or ``pi:10.0``, is there."""
    parts = re.fullmatch(r"(?:unix/?)?([^:]*):(\d+)(?:\.\d+)?", display)
    if parts is None:
        return False
    host, number = parts[1], int(parts[2])
    if host:
        return number < 1000 and _answers(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where X has it
    return _answers(socket.AF_UNIX, f"\0{path}") or _answers(socket.AF_UNIX, path)


def _answers(family: int, address: str | tuple[str, int]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(_ANSWER_S)
            connection.connect(address)
    except (OSError, ValueError):  # ValueError: a path with a NUL
        return False
    return True


def framebuffers(dev: Path = DEV) -> list[Path]:
    """Return all framebuffers, the first one, which may be the desktop's, last."""
    found = [path for path in dev.glob("fb*") if re.fullmatch(r"fb\d+", path.name)]
    return sorted(found, key=lambda path: int(path.name[2:]) or 1_000_000)


def small_framebuffers(dev: Path = DEV, sys: Path = SYS) -> list[Path]:
    """Return the framebuffers of small panels that may be written; never the first one."""
    return [
        path
        for path in framebuffers(dev)
        if path.name != "fb0" and os.access(path, os.W_OK) and _is_small(path.name, sys)
    ]


def _is_small(name: str, sys: Path) -> bool:
    try:
        size = (sys / "class/graphics" / name / "virtual_size").read_text(encoding="ascii")
        width, height = map(int, size.split(","))
    except (OSError, ValueError):
        return False
    return min(width, height) > 0 and width * height <= _SMALL_PX


def desktop_expected(units: Path = UNITS) -> bool:
    """Tell whether this machine boots to a desktop, which wants the display for itself."""
    if not (units / "display-manager.service").is_symlink():
        return False
    chosen = units / "default.target"  # without it Debian's own is graphical.target
    return not chosen.is_symlink() or chosen.readlink().name == "graphical.target"


def console_there(dev: Path = DEV, sys: Path = SYS) -> bool:
    """Tell whether a monitor is connected to a graphics card that we may use."""
    for status in (sys / "class/drm").glob("card*-*/status"):
        card = dev / "dri" / status.parent.name.partition("-")[0]
        try:
            connected = status.read_text(encoding="ascii").strip() == "connected"
        except OSError:
            continue
        if connected and os.access(card, os.R_OK | os.W_OK):
            return True
    return False
