"""A window on a desktop, or the bare console, by SDL; it runs in a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal

from device.drawing.shapes import Picture
from device.errors import SinkError
from device.sinks.screen.find import display_answers
from device.sinks.screen.panel import Action, Panel

_PROCESS = Path(__file__).with_name("sdl_process.py")
_HEADER = struct.Struct("<II")
# A Zero 2 W that has just booted takes its time; an emulated one takes more.
_START_S, _END_S = 60.0, 2.0
_PIPE_BYTES = 1 << 20
_MESSAGE_BYTES = 4096
_NO_CONSOLE = (
    "connect a display, end a desktop that holds it, and be in the groups video, render and "
    "input (sudo usermod -aG video,render,input $USER, then log in anew)"
)

Kind = Literal["window", "console"]


class Sdl(Panel):
    """A window of ``size_px``, or the whole console by KMS/DRM, where ``kind`` is "console".

    Raises SinkError where there is none, saying why.
    """

    takes_actions = True

    def __init__(self, kind: Kind, size_px: tuple[int, int]) -> None:
        self.name = kind
        self._kind = kind
        if importlib.util.find_spec("pygame") is None:
            raise SinkError(
                f"pygame-ce is not installed, and the {kind} needs it: "
                "pip install -r requirements-screen.txt"
            )
        self._lines = b""
        self._complaints = b""
        self._actions: list[Action] = []
        self._writing = threading.Lock()
        process = subprocess.Popen(
            [sys.executable, "-P", str(_PROCESS), kind, *map(str, size_px)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=_environment(kind, os.environ), bufsize=0,
        )  # fmt: skip
        self._process = process
        self._to, self._from, self._errors = map(
            _there, (process.stdin, process.stdout, process.stderr)
        )
        for pipe in (self._from, self._errors):
            os.set_blocking(pipe.fileno(), False)
        # Room for a picture of a small screen; the default is a tenth of that.
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._to, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            self._await_size()
        except SinkError:
            self.close()
            raise

    def show(self, picture: Picture) -> None:
        """Show ``picture``; waits while the one before is not shown yet."""
        height, width = picture.shape[:2]
        with self._writing:
            try:
                for part in (_HEADER.pack(width, height), picture.data.cast("B")):
                    rest = memoryview(part)
                    while rest:
                        rest = rest[os.write(self._to.fileno(), rest) :]
            except (OSError, ValueError) as error:  # ValueError: closed meanwhile
                raise self._gone() from error

    def actions(self) -> list[Action]:
        """Return what was asked for, and note the window's size."""
        if self._process.poll() is not None:
            raise self._gone()
        self._listen()
        actions, self._actions = self._actions, []
        return actions

    def close(self) -> None:
        """End the process; its window goes with it."""
        # A picture that it does not take keeps ``show`` waiting: that ends with the process.
        if not self._writing.acquire(timeout=_END_S):
            self._process.kill()
            self._writing.acquire()
        try:
            self._to.close()
            self._process.wait(_END_S)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            self._writing.release()
        self._from.close()
        self._errors.close()

    def _await_size(self) -> None:
        """Wait until the window is there."""
        deadline_s = time.monotonic() + _START_S
        while self.size_px == (0, 0):
            remaining_s = deadline_s - time.monotonic()
            if remaining_s <= 0:
                raise SinkError(f"the {self._kind} did not open within {_START_S:g} s")
            select.select([self._from], [], [], min(remaining_s, 0.2))
            if self._process.poll() is not None:
                reason = self._reason()
                if self._kind == "console" and "pip install" not in reason:
                    reason += f": {_NO_CONSOLE}"
                raise SinkError(f"the {self._kind} cannot be opened: {reason}")
            self._listen()

    def _listen(self) -> None:
        """Take the lines that the process has written."""
        self._complaints = (self._complaints + _rest(self._errors))[-_MESSAGE_BYTES:]
        *lines, self._lines = (self._lines + _rest(self._from)).split(b"\n")
        for line in lines:
            word, *numbers = line.decode("ascii", "replace").split()
            if word == "size":
                width, height = map(int, numbers)
                self.size_px = (width, height)
            elif word == "view":
                self._actions.append("view")
            elif word == "leave":
                self._actions.append("leave")
            elif word == "closed":
                self._closed()

    def _closed(self) -> None:
        """Tell a window that somebody closed from a desktop that has ended."""
        if self._kind == "window" and not display_answers(os.environ):
            raise SinkError("the desktop has gone")
        self._actions.append("leave")

    def _gone(self) -> SinkError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        return SinkError(f"the {self._kind} has gone: {self._reason()}")

    def _reason(self) -> str:
        """Return why the process ended, by the last line that it said."""
        complaints = self._complaints + _rest(self._errors)
        lines = complaints.decode("utf-8", "replace").splitlines()
        said = [" ".join(line.split()) for line in lines if line.strip()]
        # Xlib's words for it, at its end: which of the two depends on what it was about to do.
        if any(line.startswith(("XIO:", "X connection to ")) for line in said):
            return "it was killed, or its X server has ended"
        return said[-1] if said else f"its process ended with {self._process.returncode}"


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without pipes")
    return pipe


def _rest(pipe: IO[bytes]) -> bytes:
    """Return what can be read from ``pipe`` at once."""
    content = b""
    with contextlib.suppress(BlockingIOError, ValueError):  # ValueError: closed meanwhile
        while part := os.read(pipe.fileno(), _MESSAGE_BYTES):
            content += part
    return content


def _environment(kind: Kind, own: Mapping[str, str]) -> dict[str, str]:
    """Return the process's environment: quiet, without audio, the driver that ``kind`` needs."""
    ours = {
        "PYGAME_HIDE_SUPPORT_PROMPT": "1",
        "SDL_NO_SIGNAL_HANDLERS": "1",
        "SDL_AUDIODRIVER": "dummy",
        "SDL_VIDEO_X11_WMCLASS": "mien",
        "SDL_VIDEO_WAYLAND_WMCLASS": "mien",
    }
    if "SDL_VIDEODRIVER" not in own:
        ours["SDL_VIDEODRIVER"] = "kmsdrm" if kind == "console" else "x11,wayland"
        if kind == "console" and "SDL_RENDER_DRIVER" not in own:
            # What a Pi's graphics chip speaks. OpenGL, SDL's first choice, opens and stays black.
            ours["SDL_RENDER_DRIVER"] = "opengles2"
    return {**own, **ours}
