import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from device.config import PanelSettings
from device.errors import SinkError
from device.sinks.screen import choose, framebuffer, open_panel, why_none
from device.sinks.screen.framebuffer import Framebuffer, Geometry
from device.sinks.screen.sdl import Sdl
from tests.device.conftest import python_path

SETTINGS = PanelSettings()


@pytest.fixture
def bare(monkeypatch):
    """A machine without any screen."""
    monkeypatch.setattr(choose, "framebuffers", list)
    monkeypatch.setattr(choose, "small_framebuffers", list)
    monkeypatch.setattr(choose, "console_there", lambda: False)
    monkeypatch.setattr(choose, "desktop_expected", lambda: False)
    return monkeypatch


def test_off_is_off(bare):
    assert open_panel("off", SETTINGS) is None


def test_on_a_machine_without_a_screen_auto_goes_quietly_off(bare, caplog):
    with caplog.at_level(logging.DEBUG):
        assert open_panel("auto", SETTINGS) is None
    assert all(record.levelno <= logging.DEBUG for record in caplog.records)


@pytest.mark.parametrize("name", [":987", "nonsense"])
def test_auto_is_quiet_also_where_the_desktop_has_gone(bare, caplog, capfd, name):
    bare.setenv("DISPLAY", name)
    with caplog.at_level(logging.INFO):
        assert open_panel("auto", SETTINGS) is None
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_a_window_that_was_asked_for_and_cannot_be_is_an_error(bare):
    with pytest.raises(SinkError, match=r'screen = "window": no desktop answers'):
        open_panel("window", SETTINGS)


def test_a_framebuffer_that_was_asked_for_and_is_not_there_is_an_error(bare, tmp_path):
    with pytest.raises(SinkError, match=r"there is no /dev/fb"):
        open_panel("framebuffer", SETTINGS)
    with pytest.raises(SinkError, match="fb5 cannot be used: no such file"):
        open_panel("framebuffer", PanelSettings(framebuffer=str(tmp_path / "fb5")))


def test_a_console_that_was_asked_for_and_is_not_there_is_an_error(bare):
    pytest.importorskip("pygame")
    with pytest.raises(SinkError, match=r"the console cannot be opened: .*kmsdrm") as caught:
        open_panel("console", SETTINGS)
    for advice in ("connect a display", "end a desktop", "groups video, render and input"):
        assert advice in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["window", "console"])
def test_without_pygame_a_wanted_screen_says_how_to_install_it(bare, kind):
    bare.setitem(sys.modules, "pygame", None)
    bare.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(SinkError, match=r"pip install -r requirements-screen\.txt"):
        open_panel(kind, SETTINGS)


def test_why_none_without_anything_says_that_there_is_none(bare):
    assert why_none(SETTINGS) == "none found"


def test_why_none_names_what_is_there_and_what_ails_it(bare, tmp_path):
    bare.setitem(sys.modules, "pygame", None)
    bare.setattr(choose, "small_framebuffers", lambda: [tmp_path / "fb1"])
    bare.setattr(choose, "console_there", lambda: True)
    panel, display = why_none(SETTINGS).split("; ")
    assert panel.startswith(f"a panel at {tmp_path}/fb1 is there, but the framebuffer ")
    assert display.startswith("a display is there, but pygame-ce is not installed")


def test_auto_leaves_the_display_to_a_desktop_that_is_to_come(bare):
    bare.setattr(choose, "console_there", lambda: True)
    bare.setattr(choose, "desktop_expected", lambda: True)
    assert open_panel("auto", SETTINGS) is None
    assert why_none(SETTINGS).startswith("a display is there, but this machine boots to a desktop")


NOT_INSTALLED = {"sitecustomize.py": "import sys; sys.modules['pygame'] = None\n"}
BROKEN = {"pygame.py": "raise ModuleNotFoundError(\"No module named 'pygame'\")\n"}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (NOT_INSTALLED, "pygame-ce is not installed, and the window needs it: "),
        (
            BROKEN,
            "the window cannot be opened: pygame-ce does not load (No module named 'pygame'): ",
        ),
    ],
)
def test_check_says_why_a_desktop_is_not_used(desktop, tmp_path, files, found):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "device", "check"], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{python_path()}"}, check=False,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.split()[1] == "screen")
    assert line.split(maxsplit=2)[2] == (
        f"a desktop is there, but {found}pip install -r requirements-screen.txt"
    )


def test_a_console_whose_pygame_is_broken_is_not_said_to_want_a_display(bare, tmp_path):
    (tmp_path / "pygame.py").write_text(BROKEN["pygame.py"])
    bare.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(SinkError, match=r"requirements-screen\.txt$"):
        open_panel("console", SETTINGS)


def test_without_pygame_auto_is_quiet(bare, caplog):
    bare.setitem(sys.modules, "pygame", None)
    bare.setenv("SDL_VIDEODRIVER", "dummy")
    with caplog.at_level(logging.INFO):
        assert open_panel("auto", SETTINGS) is None
    assert not caplog.records


def test_auto_takes_the_desktop_first(bare, desktop):
    bare.setattr(choose, "small_framebuffers", lambda: pytest.fail("looked for a panel"))
    with open_panel("auto", PanelSettings(size_px=(320, 240))) as panel:
        assert isinstance(panel, Sdl)
        assert panel.size_px == (320, 240)


def test_auto_takes_a_small_panel_before_the_console(bare, tmp_path):
    (tmp_path / "fb1").write_bytes(bytes(320 * 240 * 2))
    bare.setattr(choose, "small_framebuffers", lambda: [tmp_path / "fb1"])
    bare.setattr(framebuffer, "_ask", lambda _: Geometry(320, 240, 640, 16))
    bare.setattr(choose, "console_there", lambda: True)
    with open_panel("auto", SETTINGS) as panel:
        assert isinstance(panel, Framebuffer)
        panel.show(np.zeros((240, 320, 3), np.uint8))


def test_auto_passes_over_what_cannot_be_opened(bare, tmp_path, caplog):
    (tmp_path / "fb1").write_bytes(b"")  # no framebuffer
    bare.setattr(choose, "small_framebuffers", lambda: [tmp_path / "fb1"])
    bare.setattr(choose, "console_there", lambda: True)  # but there is none
    with caplog.at_level(logging.INFO):
        assert open_panel("auto", SETTINGS) is None
    assert not caplog.records
