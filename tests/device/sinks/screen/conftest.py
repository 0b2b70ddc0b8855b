"""What the screen's tests share: sessions, an X server, and waiting for what has to come."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from device.records import Frame
from device.summary import SessionSummary
from tests.device.drawing.scenes import STRIP, room, session

DEADLINE_S = 20.0


class Told:
    """Sessions that tell the same always."""

    def current(self) -> SessionSummary:
        return session()

    def strip(self) -> list[str | None]:
        return STRIP


def frame(time_s: float = 0.0, picture: np.ndarray | None = None) -> Frame:
    bgr = room() if picture is None else picture
    return Frame(np.ascontiguousarray(bgr[..., 1]), time_s, bgr)


def until(true: Callable[[], bool], what: str = "it") -> None:
    """Wait until ``true``, and fail after a while."""
    deadline_s, tick = time.monotonic() + DEADLINE_S, threading.Event()
    while not true():
        assert time.monotonic() < deadline_s, f"{what} did not come about in {DEADLINE_S:g} s"
        tick.wait(0.02)


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has: a test that wants a desktop starts one."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)


class Desktop:
    """An X server without a monitor and without a window manager."""

    def __init__(self, width_px: int, height_px: int) -> None:
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing)]
        command += ["-screen", "0", f"{width_px}x{height_px}x24"]
        self._process = subprocess.Popen(
            [*command, "-nolisten", "tcp"], pass_fds=[writing], stderr=subprocess.DEVNULL
        )
        os.close(writing)
        with os.fdopen(reading) as number:
            self.name = f":{number.readline().strip()}"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def do(self, *arguments: str) -> str:
        """Run xdotool."""
        return subprocess.run(
            ["xdotool", *arguments],
            env=os.environ | {"DISPLAY": self.name}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def window(self) -> str:
        """The number of Mien's window, which has the keyboard from now on."""
        number = self.do("search", "--sync", "--onlyvisible", "--class", "mien").split()[0]
        self.do("windowfocus", "--sync", number)
        return number

    def place(self) -> tuple[int, int, int, int]:
        """Where Mien's window is: left, top, width and height."""
        found = self.do("getwindowgeometry", "--shell", self.window())
        values = dict(line.split("=") for line in found.split())
        return tuple(int(values[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Desktop]:
    """A desktop of 1000 x 700 pixels, or of the size that the test is parametrized with."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    pytest.importorskip("pygame")
    started = Desktop(*getattr(request, "param", (1000, 700)))
    monkeypatch.setenv("DISPLAY", started.name)
    yield started
    started.kill()
