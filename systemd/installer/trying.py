"""A release is tried before it is used: all of it is imported, the settings read, a face read."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from installer.errors import FAILED, WRONG_USE, InstallError, last_line
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
from device.errors import ConfigError, MienError
from device.service import open_finder, open_model
try:
    settings = read_settings(Path(sys.argv[1]))
    open_model(settings)
    open_finder(settings)
except MienError as error:
    print(error, file=sys.stderr)
    sys.exit(2 if isinstance(error, ConfigError) else 1)
"""
STAMP = re.compile(r"^\ufeff?# Settings of Mien ([0-9][0-9.]*)", flags=re.ASCII)


def try_release(folder: Path) -> None:
    """Raise InstallError where the release in ``folder`` does not work on this machine."""
    _device(folder, "-c", IMPORT_ALL)
    demo = folder / "device/demo/demo.mp4"
    run = ("run", "--source", str(demo), "--duration", "3", "--screen", "off", "--no-web")
    _device(folder, "-m", "device", *run)


def try_settings(folder: Path, layout: Layout, version: str) -> None:
    """Raise InstallError where the release does not take the settings that are there.

    Those of a newer version are refused without being read: what they mean is not known here.
    """
    if not layout.settings.exists():
        return
    written_for = settings_version(layout.settings)
    advice = f"install Mien {written_for}, or put those of {version} in their place"
    if version_key(written_for) > version_key(version):
        raise InstallError(
            f"{layout.settings} is of Mien {written_for}, newer than this {version}: {advice}",
            WRONG_USE,
        )
    done = _start(folder, "-c", READ_SETTINGS, str(layout.settings))
    if done.returncode:
        there = [read_facts(path).get("version", "") for path in _installed(layout)]
        newest = max(there, key=version_key, default="")
        newer = version_key(newest) > version_key(version)
        told = f" (Mien {newest}, which was here before, is newer than {version})" if newer else ""
        code = done.returncode if done.returncode in (FAILED, WRONG_USE) else FAILED
        raise InstallError(f"{last_line(done.stderr)}{told}", code)


def settings_version(path: Path) -> str:
    """Return the version whose settings these are, as their first line says; "" where none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            found = STAMP.match(file.readline(200))
    except OSError as error:
        raise InstallError(f"{path}: cannot be read: {error.strerror}") from error
    return found[1] if found else ""


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
