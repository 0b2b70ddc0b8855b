import os
import socket

import pytest

from device.sinks.screen.find import (
    console_there,
    desktop_expected,
    display_answers,
    framebuffers,
    small_framebuffers,
)


def test_without_a_word_of_a_desktop_there_is_none():
    assert not display_answers({})
    assert not display_answers({"DISPLAY": "", "WAYLAND_DISPLAY": ""})


@pytest.mark.parametrize("name", [":987", ":987.0", "rubbish", ":", ":x", "127.0.0.1:990", "a b:1"])
def test_a_desktop_that_does_not_answer_is_none(name):
    assert not display_answers({"DISPLAY": name})


def test_a_wayland_desktop_that_answers_is_one(tmp_path):
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-1"}
    assert not display_answers(environment)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-1"))
        assert not display_answers(environment)  # left over from one that has ended
        server.listen()
        assert display_answers(environment)
        assert display_answers({"WAYLAND_DISPLAY": str(tmp_path / "wayland-1")})
    assert not display_answers({"WAYLAND_DISPLAY": "wayland-1"})


def test_an_x_desktop_that_answers_is_one(desktop):
    assert display_answers({"DISPLAY": desktop.name})
    assert display_answers({"DISPLAY": f"{desktop.name}.0"})
    desktop.kill()
    assert not display_answers({"DISPLAY": desktop.name})


@pytest.fixture
def machine(tmp_path):
    """A machine's /dev and /sys, with the given framebuffers and connectors."""

    def make(sizes: dict[str, str], connectors: dict[str, str] | None = None):
        dev, sys = tmp_path / "dev", tmp_path / "sys"
        (dev / "dri").mkdir(parents=True)
        for name, size in sizes.items():
            (dev / name).write_bytes(b"")
            (sys / "class/graphics" / name).mkdir(parents=True)
            (sys / "class/graphics" / name / "virtual_size").write_text(size)
        for name, status in (connectors or {}).items():
            (sys / "class/drm" / name).mkdir(parents=True)
            (sys / "class/drm" / name / "status").write_text(status + "\n")
        return dev, sys

    return make


def names(paths) -> list[str]:
    return [path.name for path in paths]


def test_small_panels_are_found_and_never_the_first_framebuffer(machine):
    dev, sys = machine(
        {"fb0": "320,240", "fb10": "480,320", "fb2": "1920,1080", "fb1": "320,240", "fbx": "9,9"}
    )
    assert names(small_framebuffers(dev, sys)) == ["fb1", "fb10"]
    assert names(framebuffers(dev)) == ["fb1", "fb2", "fb10", "fb0"]


@pytest.mark.parametrize("size", ["", "none", "0,0", "-5,-5", "1,2,3"])
def test_a_framebuffer_whose_size_cannot_be_told_is_no_small_panel(machine, size):
    assert small_framebuffers(*machine({"fb1": size})) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_panel_that_may_not_be_written_is_none(machine):
    dev, sys = machine({"fb1": "320,240"})
    (dev / "fb1").chmod(0o400)
    assert small_framebuffers(dev, sys) == []


def test_a_console_needs_a_connected_monitor_and_its_card(machine):
    dev, sys = machine({}, {"card0-HDMI-A-1": "disconnected", "card1-HDMI-A-2": "connected"})
    assert not console_there(dev, sys)
    (dev / "dri" / "card0").write_bytes(b"")
    assert not console_there(dev, sys)
    (dev / "dri" / "card1").write_bytes(b"")
    assert console_there(dev, sys)


def test_a_machine_without_graphics_has_no_console(tmp_path):
    assert not console_there(tmp_path, tmp_path)
    assert framebuffers(tmp_path / "dev") == []


def test_a_machine_without_a_display_manager_boots_to_no_desktop(tmp_path):
    (tmp_path / "default.target").symlink_to("/lib/systemd/system/graphical.target")
    assert not desktop_expected(tmp_path)


@pytest.mark.parametrize(
    ("target", "expected"), [("graphical.target", True), ("multi-user.target", False), ("", True)]
)
def test_a_desktop_is_expected_where_the_machine_boots_to_it(tmp_path, target, expected):
    (tmp_path / "display-manager.service").symlink_to("/lib/systemd/system/lightdm.service")
    if target:
        (tmp_path / "default.target").symlink_to(f"/lib/systemd/system/{target}")
    assert desktop_expected(tmp_path) is expected
