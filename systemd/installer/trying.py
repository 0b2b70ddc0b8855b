"""A release is tried before it is used: all of it is imported, the settings read, a face read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from installer.errors import WRONG_USE, InstallError, last_line
from installer.layout import Layout
from installer.release import in_use, one_before, read_facts, version_key

LIMIT_S = 600  # an emulated Arm is slow
# What is imported here is compiled, and nothing else is. The service may not write where it
# lies, and would compile it at each start.
IMPORT_ALL = """
import importlib, pkgutil, device
for module in pkgutil.walk_packages(device.__path__, "device."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
try:
    import pygame
except ImportError:
    pass
"""

READ_SETTINGS = """
import sys
from pathlib import Path
from device.config import read_settings
from device.errors import MienError
try:
    read_settings(Path(sys.argv[1]))
except MienError as error:
    sys.exit(str(error))
"""


def try_release(folder: Path, layout: Layout, version: str) -> None:
    """Raise InstallError where the release in ``folder`` does not work, or not with the settings.

    Exit code 2, and nothing but that line, for settings that it does not take.
    """
    _device(folder, "-c", IMPORT_ALL)
    if layout.settings.exists():
        _read_settings(folder, layout, version)
    demo = folder / "device/demo/demo.mp4"
    run = ("run", "--source", str(demo), "--duration", "3", "--screen", "off", "--no-web")
    _device(folder, "-m", "device", *run)


def _read_settings(folder: Path, layout: Layout, version: str) -> None:
    done = _start(folder, "-c", READ_SETTINGS, str(layout.settings))
    if done.returncode == 0:
        return
    reason = last_line(done.stderr)
    there = [read_facts(path).get("version", "") for path in _installed(layout)]
    newest = max(there, key=version_key, default="")
    if version_key(newest) > version_key(version):
        reason += f" (they are of Mien {newest}, newer than this {version})"
    raise InstallError(f"the settings do not fit Mien {version}: {reason}", WRONG_USE)


def _installed(layout: Layout) -> list[Path]:
    return [path for path in (in_use(layout), one_before(layout)) if path]


def _device(folder: Path, *arguments: str) -> None:
    done = _start(folder, *arguments)
    if done.returncode:
        reason = last_line(done.stderr).removeprefix("mien: ")
        raise InstallError(f"the new release does not work on this machine: {reason}")


def _start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TERM")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    command = [str(folder / "venv/bin/python"), "-P", *arguments]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd="/",
            env=environment | {"PYTHONPATH": str(folder)}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InstallError(f"the new release gave no answer within {LIMIT_S} s") from None
