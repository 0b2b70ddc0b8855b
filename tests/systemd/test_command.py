"""The command ``mien``, as it is installed, run by a shell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device import __version__
from tests.device.conftest import ROOT, python_path

WRAPPER = ROOT / "systemd" / "mien"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder like /opt/mien/current, with this checkout's program and Python."""
    release = tmp_path / "opt" / "releases" / "1"
    (release / "venv" / "bin").mkdir(parents=True)
    (release / "device").symlink_to(ROOT / "device")
    python = release / "venv" / "bin" / "python"
    # As in a venv, where packages are found by the program's own place.
    packages = "".join(f":{folder}" for folder in python_path().split(":")[1:])
    python.write_text(
        f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH{packages}" exec "{sys.executable}" "$@"\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    current = tmp_path / "opt" / "current"
    current.symlink_to("releases/1")
    return current


def mien(
    installed: Path, *arguments: object, cwd: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [WRAPPER, *map(str, arguments)],
        cwd=cwd, env={"PATH": os.environ["PATH"], "MIEN_HOME": str(installed)} | variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder with files by the names of modules, all of which end the program."""
    folder = tmp_path / "trap"
    (folder / "device").mkdir(parents=True)
    for name in ("json.py", "msgspec.py", "device/__init__.py", "device/__main__.py"):
        (folder / name).write_text("raise SystemExit('trapped')\n")
    return folder


def test_it_runs_what_is_installed_and_nothing_of_the_folder_it_is_typed_in(installed, trap):
    done = mien(installed, "--version", cwd=trap)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Mien {__version__}\n", "")
    (trap / "mien.toml").write_text("threads = 2\n")
    done = mien(installed, "config", "mien.toml", cwd=trap, PYTHONPATH=str(trap), PYTHONHOME="/no")
    assert (done.returncode, done.stderr) == (0, "")
    assert "threads = 2  # default: 1" in done.stdout.splitlines()


def test_it_is_called_what_was_typed(installed, tmp_path):
    assert mien(installed, "--help", cwd=tmp_path).stdout.startswith("usage: mien ")
    done = mien(installed, "dance", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("see mien --help\n")


def test_it_takes_the_service_s_settings_or_those_that_are_named(installed, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("threads = 3\n")
    done = mien(installed, "config", cwd=tmp_path, MIEN_CONFIG=str(own))
    assert "threads = 3  # default: 1" in done.stdout.splitlines()
    done = mien(installed, "config", cwd=tmp_path)
    assert "/etc/mien/mien.toml" in done.stdout + done.stderr


def test_where_nothing_is_installed_it_says_so(tmp_path):
    done = mien(tmp_path / "none", "status", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not installed" in done.stderr
    assert done.stderr.count("\n") == 1
