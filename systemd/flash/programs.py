"""The few programs of the distribution that do what Python's library does not."""

from __future__ import annotations

import os
import shutil
import subprocess

from flash.errors import FlashError

# Debian leaves these out of an ordinary user's PATH, and fsck and debugfs live there.
ADMIN = "/usr/local/sbin:/usr/sbin:/sbin"
PACKAGES = {"mcopy": "mtools", "mdir": "mtools", "mmd": "mtools", "debugfs": "e2fsprogs"}


def find(name: str) -> str | None:
    """Return where the program is, or None."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{ADMIN}")


def need() -> None:
    """Raise FlashError, with the line that helps, where a program is missing."""
    missing = sorted({package for name, package in PACKAGES.items() if find(name) is None})
    if missing:
        packages = " ".join(missing)
        raise FlashError(f"{packages} is missing: sudo apt install {packages}")


def run(name: str, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program with ``data`` on its standard input; its exit code is the caller's affair.

    What is secret goes this way: arguments are seen by everybody on the machine.
    """
    # mtools would refuse a geometry that no camera or Pi cares for.
    environment = {
        **os.environ,
        "MTOOLS_SKIP_CHECK": "1",
        "MTOOLSRC": "/dev/null",
        "LC_ALL": "C.UTF-8",
    }
    program = find(name)
    assert program is not None, name  # noqa: S101  need() was asked first
    return subprocess.run(
        [program, *arguments], input=data, capture_output=True, env=environment, check=False
    )
