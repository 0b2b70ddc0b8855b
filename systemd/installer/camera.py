"""A Pi camera's driver, which comes from the distribution and from nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from importlib import invalidate_caches
from importlib.util import find_spec

from installer.layout import Layout
from installer.machine import Machine, is_raspberry_pi

PACKAGE = "python3-picamera2"
# A machine without network is not kept waiting.
LIMITS = ("-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15")


def with_picamera2(machine: Machine, layout: Layout) -> Machine:
    """Return the machine with the driver, where it can be had; without it, this is told."""
    wanted = layout.live and machine.architecture != "amd64" and shutil.which("apt-get")
    if machine.picamera2 or not wanted:
        return machine
    if is_raspberry_pi():
        _apt("update")
    if not _is_offered():
        return machine
    print(f"fetching {PACKAGE}, for a Pi camera", flush=True)
    if not _apt("install", "--yes", "--no-install-recommends", PACKAGE):
        print(f"{PACKAGE} cannot be had now: a webcam is found, a Pi camera is not", flush=True)
    invalidate_caches()
    return replace(machine, picamera2=find_spec("picamera2") is not None)


def _is_offered() -> bool:
    command = ["apt-cache", "policy", PACKAGE]
    policy = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
    )
    return "Candidate:" in policy.stdout and "Candidate: (none)" not in policy.stdout


def _apt(*what: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", *LIMITS, *what]
    return not subprocess.run(command, capture_output=True, env=environment, check=False).returncode
