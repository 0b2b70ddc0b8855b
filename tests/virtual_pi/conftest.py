"""What the scenarios stand on: a base system, Mien installed on it once, a fresh start for each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.virtual_pi.base import Base
from tests.virtual_pi.machine import Machine
from tests.virtual_pi.payload import build_payload
from tests.virtual_pi.pi import Pi, first_start

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/virtual_pi"
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid: str) -> None:
    """Set each scenario off from the one before it."""
    print()


@pytest.fixture(scope="session")
def base() -> Base:
    """The Debian system that everything starts from, built where it is not there yet."""
    suite = os.environ.get("SUITE", "trixie")
    subprocess.run(["bash", str(HERE / "base.sh"), suite, str(CACHE)], check=True)
    return Base(suite, CACHE)


@pytest.fixture(scope="session")
def results(base: Base) -> Path:
    """The folder of what is kept of this run: what the serial port printed, pictures."""
    folder = base.folder / "results"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def payload(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disk with Mien, the packages, and other releases."""
    platform = f"{base.suite}-arm64"
    subprocess.run(["make", "--silent", "wheelhouse", f"PLATFORM={platform}"], cwd=ROOT, check=True)
    return build_payload(tmp_path_factory.mktemp("payload") / "it", ROOT / "wheelhouse" / platform)


@pytest.fixture(scope="session")
def machine(base: Base, payload: Path, results: Path) -> Iterator[Machine]:
    """The one machine of these scenarios; it is never started more than once at a time."""
    disk = results / "disk.qcow2"
    with base.machine(disk, results / "serial.log", payload) as machine:
        yield machine
    disk.unlink()


@pytest.fixture(scope="session")
def installed(machine: Machine) -> Pi:
    """The machine with Mien installed on it and running, as it was then."""
    return first_start(machine)


@pytest.fixture
def pi(installed: Pi) -> Pi:
    """The machine as it was when Mien had just been installed, whatever happened since."""
    installed.rewind()
    return installed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with one line that says how it went."""
    stats = terminalreporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line(f"{len(stats.get('passed', []))} passed, {failed} failed")
    sys.stdout.flush()
