"""A window, or the bare console, in a process of its own: ``sdl.py`` starts it.

Xlib ends the whole process when its X server goes away, and a graphics driver may crash:
neither may end the reading. This file is run by itself, and imports nothing of Mien.

Arguments: "window" or "console", width and height of a window. From stdin come pictures: width
and height, 32 bits each, little-endian, then RGB. To stdout go lines: ``size W H`` at first
and when it changes, ``view``, ``leave`` and, where the window was closed, ``closed``. It ends
when stdin does.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pygame

_HEADER = struct.Struct("<II")
_POLL_S = 0.03
_TITLE = "Mien"


class Display:
    """An open window, or the whole console."""

    def __init__(self, kind: str, size_px: tuple[int, int]) -> None:
        import pygame

        self._pygame = pygame
        self._window_xy: tuple[int, int] | None = None
        self._full = kind == "console"
        self._told_px = (0, 0)
        pygame.display.init()  # and nothing else: no audio, no joysticks
        on_x11 = pygame.display.get_driver() == "x11"
        if on_x11:
            # Through OpenGL a window takes 100 MB more.
            os.environ["SDL_FRAMEBUFFER_ACCELERATION"] = "0"
        desktops_px = pygame.display.get_desktop_sizes()
        self._movable = on_x11 and len(desktops_px) == 1
        width, height = desktops_px[0]
        self._window_px = (min(size_px[0], width), min(size_px[1], height))
        pygame.display.set_caption(_TITLE)
        self._set_mode()
        if not self._full and (self._window_px[0] == width or self._window_px[1] == height):
            # Its title bar and the desktop's own bars need room too: a window manager knows.
            pygame.Window.from_display_module().maximize()

    def _set_mode(self) -> None:
        if self._full:
            self._fill()
        else:
            self._open_window()
        self._pygame.mouse.set_visible(not self._full)
        self._tell_size()

    def _fill(self) -> None:
        """Cover the whole screen."""
        pygame = self._pygame
        # Without a window manager nobody moves a window to the corner, and once it fills the
        # screen SDL does not either. Of several screens the window manager knows the corners.
        if self._movable and pygame.display.get_surface() is not None:
            self._window_xy = pygame.display.get_window_position()
            pygame.display.set_window_position((0, 0))
        pygame.display.set_mode((0, 0), pygame.FULLSCREEN)

    def _open_window(self) -> None:
        """Open a window, or make one of what filled the screen."""
        pygame = self._pygame
        pygame.display.set_mode(self._window_px, pygame.RESIZABLE)
        # Without a window manager one that filled the screen is asked twice to be smaller.
        pygame.display.set_mode(self._window_px, pygame.RESIZABLE)
        if self._movable and self._window_xy is not None:
            pygame.display.set_window_position(self._window_xy)

    def _surface(self) -> pygame.Surface:
        surface = self._pygame.display.get_surface()
        assert surface is not None  # noqa: S101 - it was opened
        return surface

    def _tell_size(self) -> None:
        size_px = self._surface().get_size()
        if size_px != self._told_px:
            self._told_px = size_px
            _say(f"size {size_px[0]} {size_px[1]}")

    def show(self, size_px: tuple[int, int], rgb: bytearray) -> None:
        """Show a picture; one of another size than the window now has is stretched."""
        picture = self._pygame.image.frombuffer(rgb, size_px, "RGB")
        surface = self._surface()
        if size_px != surface.get_size():
            picture = self._pygame.transform.scale(picture, surface.get_size())
        surface.blit(picture, (0, 0))
        self._pygame.display.flip()

    def tell_events(self) -> None:
        """Say what somebody did."""
        for event in self._pygame.event.get():
            self._tell(event)

    def _tell(self, event: pygame.Event) -> None:
        pygame = self._pygame
        if event.type == pygame.QUIT:
            _say("closed")
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:  # a touch is one too
            _say("view")
        elif event.type == pygame.VIDEORESIZE:
            self._tell_size()
        elif event.type == pygame.VIDEOEXPOSE:
            pygame.display.flip()
        elif event.type == pygame.KEYDOWN:
            self._tell_key(event.key)

    def _tell_key(self, key: int) -> None:
        pygame = self._pygame
        if key in (pygame.K_q, pygame.K_ESCAPE):
            _say("leave")
        elif key == pygame.K_SPACE:
            _say("view")
        elif key == pygame.K_f:
            if not self._full:
                self._window_px = self._surface().get_size()
            self._full = not self._full
            self._set_mode()


def _say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def _read(count: int) -> bytearray | None:
    """Return ``count`` bytes from stdin; None at its end."""
    content = bytearray(count)
    rest = memoryview(content)
    while rest:
        got = os.readv(sys.stdin.fileno(), [rest])
        if not got:
            return None
        rest = rest[got:]
    return content


def _show_next(display: Display) -> bool:
    """Read a picture and show it; tell whether there was one."""
    header = _read(_HEADER.size)
    if header is None:
        return False
    width, height = _HEADER.unpack(header)
    rgb = _read(3 * width * height)
    if rgb is None:
        return False
    display.show((width, height), rgb)
    return True


def main() -> int:
    """Show pictures until stdin ends."""
    # Ctrl-C in a terminal and a stop by systemd are for the reading; it then ends stdin, and
    # the console gets back its keyboard.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    kind, width, height = sys.argv[1:]
    try:
        import pygame
    except ImportError as error:
        advice = "pip install -r requirements-screen.txt"
        print(f"pygame-ce does not load ({error}): {advice}", file=sys.stderr)
        return 1
    try:
        display = Display(kind, (int(width), int(height)))
        while True:
            ready, _, _ = select.select([sys.stdin], [], [], _POLL_S)
            if ready and not _show_next(display):
                return 0
            display.tell_events()
    except pygame.error as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0  # the reading has gone


if __name__ == "__main__":
    sys.exit(main())
