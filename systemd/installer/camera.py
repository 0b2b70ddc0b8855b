"""A Pi camera's driver, which comes from the distribution and from nowhere else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import invalidate_caches
from importlib.util import find_spec

from installer import apt
from installer.layout import Layout
from installer.machine import Machine, is_raspberry_pi

PACKAGE = "python3-picamera2"


def with_picamera2(machine: Machine, layout: Layout) -> Machine:
    """Return the machine with the driver, where it can be had; without it, this is told."""
    wanted = layout.live and machine.architecture != "amd64" and shutil.which("apt-get")
    if machine.picamera2 or not wanted:
        return machine
    if is_raspberry_pi():
        apt.update()
    if not apt.offers(PACKAGE):
        return machine
    print(f"fetching {PACKAGE}, for a Pi camera", flush=True)
    if not apt.install(PACKAGE):
        print(f"{PACKAGE} cannot be had now: a webcam is found, a Pi camera is not", flush=True)
    invalidate_caches()
    return replace(machine, picamera2=find_spec("picamera2") is not None)
