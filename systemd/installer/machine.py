"""What this machine is, and whether Mien can be put on it."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from installer.errors import WRONG_USE, InstallError
from installer.layout import Layout

# Debian's name of an architecture, and what Python calls the machine there. The kernel's own
# name is no help: under a 32-bit Raspberry Pi OS it is often a 64-bit one.
MACHINES = {"arm64": "aarch64", "armhf": "armv7l", "amd64": "x86_64"}
DISPLAYS = ("dev/dri/card[0-9]*", "dev/fb1")
MODEL = Path("/proc/device-tree/model")


@dataclass(frozen=True)
class Machine:
    """The facts that decide which wheels fit."""

    suite: str
    architecture: str
    python: str
    glibc: str
    picamera2: bool
    display: bool

    @property
    def machine(self) -> str:
        """``platform_machine`` of the wheels."""
        return MACHINES[self.architecture]

    @property
    def platform(self) -> str:
        """What ``make wheelhouse PLATFORM=`` calls it."""
        return f"{self.suite}-{self.architecture}"

    @property
    def python_minor(self) -> str:
        """Such as 3.11."""
        return ".".join(self.python.split(".")[:2])


def find_machine(layout: Layout) -> Machine:
    """Return this machine's facts; raises InstallError where Mien cannot run on it."""
    suite = _debian_suite(layout)
    architecture = _said_by("dpkg", "--print-architecture")
    _refuse_without_wheels(architecture, _said_by("uname", "-m"))
    return Machine(
        suite=suite,
        architecture=architecture,
        python=platform.python_version(),
        glibc=(os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2],
        picamera2=find_spec("picamera2") is not None,
        display=any(any(Path("/").glob(pattern)) for pattern in DISPLAYS),
    )


def is_raspberry_pi() -> bool:
    """Whether the firmware says that this is one."""
    return MODEL.is_file() and "Raspberry Pi" in MODEL.read_text(errors="replace")


def _debian_suite(layout: Layout) -> str:
    for name in ("etc/os-release", "usr/lib/os-release"):
        path = layout.root / name
        if path.is_file():
            break
    else:
        path = Path("/etc/os-release")
    said = _os_release(path)
    family = {said.get("ID", ""), *said.get("ID_LIKE", "").split()}
    if not family & {"debian", "raspbian"}:
        name = said.get("PRETTY_NAME", "an unknown system")
        raise InstallError(
            f"this is {name}: Raspberry Pi OS or Debian, 12 or 13, is needed", WRONG_USE
        )
    return said.get("VERSION_CODENAME", "unknown")


def _os_release(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def _said_by(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InstallError(
            f"{command[0]} does not answer: Raspberry Pi OS or Debian is needed", WRONG_USE
        ) from error
    return done.stdout.strip()


def _refuse_without_wheels(architecture: str, kernel: str) -> None:
    if kernel.startswith(("armv6", "armv5")):
        raise InstallError(
            f"this processor ({kernel}) is too old: there is no TFLite runtime for it. "
            "A Raspberry Pi Zero 2 W, 3, 4 or 5 is needed",
            WRONG_USE,
        )
    if architecture not in MACHINES:
        raise InstallError(
            f"there is no TFLite runtime for {architecture}: arm64, amd64 or armhf is needed",
            WRONG_USE,
        )
    if architecture == "armhf" and tuple(map(int, platform.python_version_tuple()[:2])) > (3, 11):
        raise InstallError(
            f"there is no TFLite runtime for 32-bit Arm and Python {platform.python_version()}: "
            "take a 64-bit Raspberry Pi OS, or 32-bit Bookworm",
            WRONG_USE,
        )


def room_bytes(folder: Path) -> int:
    """Bytes that are free where ``folder`` is, or will be."""
    while not folder.exists():
        folder = folder.parent
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize
