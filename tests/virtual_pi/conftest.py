"""What the scenarios stand on: a base system, Mien installed on it once, a fresh start for each."""

from __future__ import annotations

import json
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
def again(base: Base) -> bool:
    """Whether the machine of the run before is taken up, as Mien was installed on it then."""
    wanted = os.environ.get("AGAIN", "") not in ("", "0")
    return wanted and (base.folder / "results/before.json").exists()


@pytest.fixture(scope="session")
def results(base: Base, again: bool) -> Path:
    """The folder of what is kept of this run: disks, what the serial port printed, pictures."""
    folder = base.folder / "results"
    if not again:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def payload(base: Base, results: Path, again: bool) -> Path:
    """The disk with Mien, the packages, and other releases."""
    if again:
        return results / "payload.img"
    platform = f"{base.suite}-arm64"
    subprocess.run(["make", "--silent", "wheelhouse", f"PLATFORM={platform}"], cwd=ROOT, check=True)
    return build_payload(results, ROOT / "wheelhouse" / platform)


@pytest.fixture(scope="session")
def machine(base: Base, payload: Path, results: Path) -> Iterator[Machine]:
    """The one machine of these scenarios; it is never started more than once at a time."""
    with base.machine(results / "disk.qcow2", results / "serial.log", payload) as machine:
        yield machine


@pytest.fixture(scope="session")
def installed(machine: Machine, results: Path, again: bool) -> Pi:
    """The machine with Mien installed on it and running, as it was then."""
    before = results / "before.json"
    if again:
        return Pi(machine, set(json.loads(before.read_text())))
    pi = first_start(machine)
    before.write_text(json.dumps(sorted(pi.before)))
    return pi


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
