import logging
import sys

import numpy as np
import pytest

from device.config import PanelSettings
from device.errors import SinkError
from device.sinks.screen import choose, framebuffer, open_panel
from device.sinks.screen.framebuffer import Framebuffer, Geometry
from device.sinks.screen.sdl import Sdl

SETTINGS = PanelSettings()


@pytest.fixture
def bare(monkeypatch):
    """A machine without any screen."""
    monkeypatch.setattr(choose, "framebuffers", list)
    monkeypatch.setattr(choose, "small_framebuffers", list)
    monkeypatch.setattr(choose, "console_there", lambda: False)
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
    with pytest.raises(SinkError, match="fb5: no such file"):
        open_panel("framebuffer", PanelSettings(framebuffer=str(tmp_path / "fb5")))


def test_a_console_that_was_asked_for_and_is_not_there_is_an_error(bare):
    pytest.importorskip("pygame")
    with pytest.raises(SinkError, match=r"cannot open the console: .*kmsdrm"):
        open_panel("console", SETTINGS)


@pytest.mark.parametrize("kind", ["window", "console"])
def test_without_pygame_a_wanted_screen_says_how_to_install_it(bare, kind):
    bare.setitem(sys.modules, "pygame", None)
    bare.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(SinkError, match=r"pip install -r requirements-screen\.txt"):
        open_panel(kind, SETTINGS)


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
