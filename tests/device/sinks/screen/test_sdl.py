"""Real windows: SDL's drivers for tests, and an X server without a monitor."""

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from device.config import PanelSettings
from device.errors import SinkError
from device.sinks.screen import Screen, sdl
from device.sinks.screen.find import display_answers
from device.sinks.screen.sdl import Sdl
from tests.device.conftest import python_path
from tests.device.drawing.scenes import reading
from tests.device.sinks.screen.conftest import Told, frame, until

pytest.importorskip("pygame")

FAST = PanelSettings(rate_hz=30)
MAGENTA = np.full((240, 320, 3), (200, 0, 200), np.uint8)


@pytest.fixture(params=["dummy", "offscreen"])
def driver(request, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", request.param)
    return request.param


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_it_opens_shows_and_closes_by_any_driver(driver, capfd):
    with Sdl("window", (320, 240)) as panel:
        assert panel.size_px == (320, 240)
        for _ in range(3):
            panel.show(MAGENTA)
        panel.show(np.zeros((480, 640, 3), np.uint8))
        assert panel.actions() == []
        pid = panel._process.pid
    assert not alive(pid)
    panel.close()
    assert capfd.readouterr() == ("", "")


def test_a_whole_screen_is_drawn_by_any_driver(driver):
    with Screen(Sdl("window", (480, 320)), Told(), FAST, "fr", lambda: None) as running:
        running.see(frame(), [reading()])
        until(lambda: running._turns._content is not None and running._thread.is_alive())


def test_the_programs_own_signals_and_modules_are_left_alone(driver):
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    imported = "pygame" in sys.modules and sys.modules["pygame"]
    with Sdl("window", (320, 240)):
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
        assert ("pygame" in sys.modules and sys.modules["pygame"]) is imported


def test_ctrl_c_in_the_terminal_is_not_for_the_window(driver):
    with Sdl("window", (320, 240)) as panel:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(panel._process.pid, number)
        for _ in range(5):
            panel.show(MAGENTA)
            panel.actions()
        assert alive(panel._process.pid)


def test_a_window_does_not_outlive_a_reading_that_was_killed(driver):
    code = (
        "from device.sinks.screen.sdl import Sdl; import time\n"
        "panel = Sdl('window', (320, 240)); print(panel._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": python_path()}, stdout=subprocess.PIPE, text=True,
    ) as reader:  # fmt: skip
        pid = int(reader.stdout.readline())
        assert alive(pid)
        reader.kill()
        reader.wait()
    until(lambda: not alive(pid), "the window's end")


def test_a_display_process_that_dies_is_an_error(driver):
    with Sdl("window", (320, 240)) as panel:
        panel._process.kill()
        panel._process.wait()
        with pytest.raises(SinkError, match="the window has gone: its process ended with -9"):
            panel.actions()
        with pytest.raises(SinkError, match="the window has gone"):
            panel.show(MAGENTA)


def test_one_that_hangs_does_not_keep_the_end(driver, monkeypatch):
    monkeypatch.setattr(sdl, "_END_S", 0.2)
    panel = Sdl("window", (320, 240))
    os.kill(panel._process.pid, signal.SIGSTOP)
    large = np.zeros((1080, 1920, 3), np.uint8)
    errors: list[Exception] = []

    def show() -> None:
        try:
            panel.show(large)
        except SinkError as error:
            errors.append(error)

    thread = threading.Thread(target=show)
    thread.start()
    until(panel._writing.locked)
    panel.close()
    thread.join(20)
    assert not thread.is_alive()
    assert errors


def test_a_driver_that_there_is_not_is_an_error(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(SinkError, match=r"the window cannot be opened: .*no-such-driver"):
        Sdl("window", (320, 240))


@pytest.fixture
def window(desktop):
    """A window on the desktop."""
    with Sdl("window", (320, 240)) as panel:
        panel.show(MAGENTA)
        yield panel


def asked(panel: Sdl) -> list[str]:
    """What somebody asked for, once something has come."""
    found: list[str] = []
    until(lambda: bool(found.extend(panel.actions()) or found), "an action")
    return found


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_q_and_escape_leave(window, desktop, key):
    desktop.window()
    desktop.do("key", key)
    assert asked(window) == ["leave"]


def test_space_and_a_click_ask_for_the_next_view(window, desktop):
    number = desktop.window()
    desktop.do("key", "space")
    assert asked(window) == ["view"]
    desktop.do("mousemove", "--window", number, "50", "50", "click", "1")
    assert asked(window) == ["view"]
    desktop.do("click", "3", "click", "4", "key", "a")  # not these
    desktop.do("key", "q")
    assert asked(window) == ["leave"]


def test_a_window_takes_little_memory(window, desktop):
    """Beside the reading's own: no audio, no OpenGL."""
    desktop.window()
    status = Path(f"/proc/{window._process.pid}/status").read_text()
    resident_kb = int(next(line for line in status.splitlines() if "VmRSS" in line).split()[1])
    assert resident_kb < 45_000


def test_it_can_be_resized(window, desktop):
    desktop.do("windowsize", desktop.window(), "500", "300")
    until(lambda: window.actions() == [] and window.size_px == (500, 300), "the new size")


def test_f_fills_the_desktop_and_gives_it_back(window, desktop):
    desktop.window()
    desktop.do("key", "f")
    until(lambda: window.actions() == [] and window.size_px == (1000, 700), "the full screen")
    desktop.window()
    desktop.do("key", "f")
    until(lambda: window.actions() == [] and window.size_px == (320, 240), "the window")


def test_f_covers_the_desktop_from_corner_to_corner_without_a_window_manager(window, desktop):
    before = desktop.place()
    for _ in range(2):
        desktop.do("key", "f")
        until(lambda: desktop.place() == (0, 0, 1000, 700), "the full screen")
        desktop.do("key", "f")
        until(lambda: desktop.place() == before, "the window where it was")


@pytest.mark.parametrize(
    ("desktop", "expected"),
    [((320, 240), (320, 240)), ((1000, 400), (800, 400)), ((640, 700), (640, 480))],
    indirect=["desktop"],
)
def test_a_window_is_never_larger_than_the_desktop(desktop, expected):
    with Sdl("window", (800, 480)) as panel:
        assert panel.size_px == expected
        left, top, width, height = desktop.place()
        assert (width, height) == expected
        room = [int(word) for word in desktop.do("getdisplaygeometry").split()]
        assert left >= 0
        assert top >= 0
        assert [left + width <= room[0], top + height <= room[1]] == [True, True]


def test_what_is_shown_is_on_the_desktop(window, desktop):
    """Its pixels, as the X server has them."""
    number = int(desktop.window())
    until(lambda: pixel(desktop.name, number) == (200, 0, 200), "the colour")


def test_a_window_that_is_closed_leaves(window, desktop):
    ask_to_close(desktop.name, int(desktop.window()))
    assert asked(window) == ["leave"]


def test_an_x_server_that_is_killed_costs_the_screen_alone(desktop, caplog):
    left = threading.Event()
    with Screen(Sdl("window", (320, 240)), Told(), FAST, "en", left.set) as running:
        running.see(frame(), [reading()])
        desktop.window()
        desktop.kill()
        until(lambda: not running._thread.is_alive(), "the screen's end")
        running.see(frame(), [reading()])
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.messages == [
        "the window has gone: it was killed, or its X server has ended: "
        "the screen is off, the reading goes on"
    ]
    assert not left.is_set()


def test_a_window_that_alone_is_killed_is_not_said_to_be_the_end_of_the_desktop(window, desktop):
    desktop.do("windowkill", desktop.window())
    until(lambda: not alive(window._process.pid), "the window's end")
    with pytest.raises(SinkError, match="the window has gone: it was killed, or its X server"):
        window.actions()
    assert display_answers(os.environ)


@pytest.mark.skipif(shutil.which("weston") is None, reason="weston is not installed")
def test_a_wayland_desktop_that_ends_costs_the_screen_alone_too(tmp_path, monkeypatch, caplog):
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    left = threading.Event()
    with subprocess.Popen(
        ["weston", "--backend=headless-backend.so", "--socket=wayland-7"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as weston:  # fmt: skip
        until(lambda: display_answers(os.environ), "the desktop")
        with Screen(Sdl("window", (320, 240)), Told(), FAST, "en", left.set) as running:
            running.see(frame(), [reading()])
            weston.kill()
            weston.wait()
            until(lambda: not running._thread.is_alive(), "the screen's end")
    assert "the desktop has gone: the screen is off, the reading goes on" in caplog.messages
    assert not left.is_set()


# What xdotool cannot do, by Xlib itself.


def xlib(display: str) -> tuple[ctypes.CDLL, int]:
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    x11.XGetImage.restype = ctypes.c_void_p
    x11.XGetPixel.restype = ctypes.c_ulong
    opened = x11.XOpenDisplay(display.encode())
    assert opened
    return x11, ctypes.c_void_p(opened)


class ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message", ctypes.c_ulong),
        ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("pad", ctypes.c_long * 24),
    )  # fmt: skip


def ask_to_close(display: str, window: int) -> None:
    """Do what a window manager does when somebody clicks on the cross."""
    x11, opened = xlib(display)
    atoms = [x11.XInternAtom(opened, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
    message = ClientMessage(type=33, window=window, message=atoms[0], format=32)
    message.data[0] = atoms[1]
    x11.XSendEvent(opened, ctypes.c_ulong(window), 0, 0, ctypes.byref(message))
    x11.XSync(opened, 0)
    x11.XCloseDisplay(opened)


def pixel(display: str, window: int) -> tuple[int, int, int]:
    """The colour in the window's middle."""
    x11, opened = xlib(display)
    planes = ctypes.c_ulong(0xFFFFFFFF)
    image = x11.XGetImage(opened, ctypes.c_ulong(window), 100, 100, 1, 1, planes, 2)
    value = x11.XGetPixel(ctypes.c_void_p(image), 0, 0)
    x11.XCloseDisplay(opened)
    return value >> 16 & 255, value >> 8 & 255, value & 255
