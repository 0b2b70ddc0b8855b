"""What comes from the distribution's own archive."""

from __future__ import annotations

import os
import subprocess

from installer.errors import signals_later

# A machine without network is not kept waiting. One whose daily update is at work right now,
# as on many a first boot, waits for its end.
LIMITS = (
    "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15", "-o", "DPkg::Lock::Timeout=300",
)  # fmt: skip


def offers(package: str) -> bool:
    """Whether the archive has the package, as far as its lists are here."""
    policy = subprocess.run(
        ["apt-cache", "policy", package],
        capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
    return "Candidate:" in policy.stdout and "Candidate: (none)" not in policy.stdout


def update() -> bool:
    """Fetch the archive's lists; return whether that went well."""
    return _apt("update")


def install(package: str) -> bool:
    """Install the package; return whether that went well."""
    return _apt("install", "--yes", "--no-install-recommends", package)


def _apt(*what: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # Broken off it would leave packages that are half installed. In a session of its own it does
    # not hear of Ctrl-C, and we hear of it when it has come to its end.
    with signals_later():
        done = subprocess.run(
            ["apt-get", *LIMITS, *what], env=environment, check=False, start_new_session=True,
            stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
    return done.returncode == 0
