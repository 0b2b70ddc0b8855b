"""From the settings to a screen."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from device.config import PanelSettings
from device.errors import SinkError
from device.sinks.screen.find import (
    console_there,
    desktop_expected,
    display_answers,
    framebuffers,
    small_framebuffers,
)
from device.sinks.screen.framebuffer import Framebuffer
from device.sinks.screen.panel import Panel
from device.sinks.screen.sdl import Sdl

_log = logging.getLogger(__name__)

ScreenKind = Literal["auto", "window", "console", "framebuffer", "off"]

NONE_FOUND = "none found"


def open_panel(kind: ScreenKind, settings: PanelSettings) -> Panel | None:
    """Open the screen of that kind; None for "off", and for "auto" where there is none.

    "auto" takes a window where a desktop is, else a small panel, else the console where a
    monitor is connected, and no desktop is to come.

    Raises SinkError where a screen that was asked for by its kind is not there.
    """
    if kind == "off":
        return None
    if kind == "auto":
        return _first(settings)
    opens: dict[str, Callable[[PanelSettings], Panel]] = {
        "window": _window,
        "console": _console,
        "framebuffer": _framebuffer,
    }
    return opens[kind](settings)


def why_none(settings: PanelSettings) -> str:
    """Return, for people, why "auto" opens no screen: each that is there, and what ails it."""
    reasons = []
    for what, attempt in _there(settings):
        try:
            attempt().close()
        except SinkError as error:
            reasons.append(f"{what} is there, but {error}")
    return "; ".join(reasons) or NONE_FOUND


def _first(settings: PanelSettings) -> Panel | None:
    """Return the first screen that can be opened; what cannot be is nobody's trouble."""
    for _, attempt in _there(settings):
        try:
            return attempt()
        except SinkError as error:
            _log.debug("no screen there: %s", error)
    return None


def _there(settings: PanelSettings) -> list[tuple[str, Callable[[], Panel]]]:
    """Return what seems to be there, the best first, and how it is opened."""
    if display_answers(os.environ):
        # On a desktop all others show the same, or belong to it.
        return [("a desktop", lambda: _window(settings))]
    found = [(f"a panel at {path}", _opening(path)) for path in small_framebuffers()]
    if console_there():
        found.append(("a display", lambda: _free_console(settings)))
    return found


def _opening(path: Path) -> Callable[[], Panel]:
    return lambda: Framebuffer(path)


def _window(settings: PanelSettings) -> Panel:
    if not display_answers(os.environ):
        raise SinkError(
            'screen = "window": no desktop answers here: start Mien on one, '
            "or say which by DISPLAY or WAYLAND_DISPLAY"
        )
    return Sdl("window", settings.size_px)


def _console(settings: PanelSettings) -> Panel:
    return Sdl("console", settings.size_px)


def _free_console(settings: PanelSettings) -> Panel:
    """Open the console, unless a desktop is to have it: only one can, and who is first wins."""
    if desktop_expected():
        raise SinkError(
            "this machine boots to a desktop, which needs it: start Mien there, "
            'or boot to the console (sudo raspi-config), or give screen = "console"'
        )
    return _console(settings)


def _framebuffer(settings: PanelSettings) -> Panel:
    if settings.framebuffer:
        return Framebuffer(Path(settings.framebuffer))
    found = framebuffers()
    if not found:
        raise SinkError(
            'screen = "framebuffer": there is no /dev/fb*: '
            "is the panel connected, and its driver in /boot/firmware/config.txt?"
        )
    return Framebuffer(found[0])
