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
    display_answers,
    framebuffers,
    small_framebuffers,
)
from device.sinks.screen.framebuffer import Framebuffer
from device.sinks.screen.panel import Panel
from device.sinks.screen.sdl import Sdl

_log = logging.getLogger(__name__)

ScreenKind = Literal["auto", "window", "console", "framebuffer", "off"]


def open_panel(kind: ScreenKind, settings: PanelSettings) -> Panel | None:
    """Open the screen of that kind; None for "off", and for "auto" where there is none.

    "auto" takes a window where a desktop is, else a small panel, else the console where a
    monitor is connected.

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


def _first(settings: PanelSettings) -> Panel | None:
    """Return the first screen that can be opened; what cannot be is nobody's trouble."""
    tries: list[Callable[[], Panel]] = []
    if display_answers(os.environ):
        tries.append(lambda: _window(settings))
    else:
        # On a desktop all others show the same, or belong to it.
        tries += [_opening(path) for path in small_framebuffers()]
        if console_there():
            tries.append(lambda: _console(settings))
    for attempt in tries:
        try:
            return attempt()
        except SinkError as error:
            _log.debug("no screen there: %s", error)
    return None


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
