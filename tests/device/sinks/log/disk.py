"""Runs a program on a small file system of its own, which is gone afterwards."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.device.conftest import ROOT, python_path

EXT4_KB = 2048
TMPFS_KB = 300
# So many files and folders: it may be full of them, too.
TMPFS_FILES = 30
LIMIT_S = 120.0
# What every script begins with: it writes lines to a log, and what it prints is compared.
BEGIN = """
import json, logging, os, sys
from pathlib import Path
from device.aside import put_aside
from device.sinks.log import Log
from tests.device.sinks.log.readings import *
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
folder = Path(sys.argv[1])
path = folder / "x.jsonl"
def fill():
    with open(folder / "filler", "wb", buffering=0) as filler:
        for size in (4096, 1):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError:
                pass
        os.fsync(filler.fileno())
"""


@functools.cache
def _works(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_on_disk(kind: str, script: str, folder: Path) -> list[str]:
    """Run ``script`` on a file system of ``kind``; return the lines that it prints.

    Skips the test where such a one cannot be had.
    """
    disk = folder / "disk"
    disk.mkdir()
    if kind == "tmpfs":
        namespace = ["unshare", "--user", "--map-root-user", "--mount"]
        mount = f"mount -t tmpfs -o size={TMPFS_KB}k,nr_inodes={TMPFS_FILES} none {disk}"
        if not _works(*namespace, "true"):
            pytest.skip("a user may not mount here: a namespace is refused")
    else:
        namespace = ["unshare", "--mount"]
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(EXT4_KB * 1024)
        if os.geteuid() or not _works("mkfs.ext4", "-q", "-F", str(image)):
            pytest.skip("ext4 on a small disk needs root, and mkfs.ext4 of e2fsprogs")
        mount = f"mkfs.ext4 -q -F {image} && mount -o loop,errors=remount-ro {image} {disk}"
    command = f"{mount} && exec {sys.executable} -c '{BEGIN}{script}' {disk}"
    done = subprocess.run(
        [*namespace, "sh", "-c", command],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": python_path()},
        capture_output=True, text=True, check=False, timeout=LIMIT_S,
    )  # fmt: skip
    if kind == "ext4" and "loop device" in done.stderr:
        pytest.skip("no loop device here")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.splitlines()
