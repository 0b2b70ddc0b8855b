"""The whole program, with a window on a real X server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.service import DEMO
from tests.device.conftest import python_path
from tests.device.sinks.screen.conftest import until


@pytest.fixture
def program(tmp_path, desktop):
    """A running program that plays the demo clip in a window; its lines go to ``lines``."""
    config = tmp_path / "mien.toml"
    config.write_text(f'screen = "window"\nsource = "{DEMO}"\n')
    lines = tmp_path / "lines"
    with lines.open("w") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "device", "run", "--config", str(config), "--duration", "5"],
            env=os.environ | {"PYTHONPATH": python_path()}, cwd=tmp_path,
            stdout=out, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    with running:
        until(lambda: lines.stat().st_size > 0, "the first reading")
        yield running, lines
        running.kill()


def test_an_x_server_that_is_killed_does_not_end_the_reading(program, desktop):
    running, lines = program
    desktop.window()
    desktop.kill()
    before = lines.read_text().count("\n")
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 0
    assert lines.read_text().count("\n") > before
    assert "or its X server has ended: the screen is off, the reading goes on" in errors
    assert "Traceback" not in errors


def test_q_at_the_window_ends_the_program(program, desktop):
    running, _ = program
    desktop.window()
    desktop.do("key", "q")
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "readings in" in errors
    frames = int(errors.split(" readings in ")[1].split()[0])
    assert frames < 75  # of the five seconds at 15 frames a second
    assert not Path(f"/proc/{running.pid}").exists()
