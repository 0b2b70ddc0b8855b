"""What comes from the distribution's archive, with a small program in place of ``apt-get``."""

import os
import signal
import subprocess

import pytest

from tests.systemd.installer.tiny import BASE_PYTHON, LIMIT_S, ROOT, write_program

# Waits for whoever writes into the pipe, and then says that it came to its end.
APT = """#!/bin/sh
echo "$*" >"$MIEN_TEST/asked"
echo "${DEBIAN_FRONTEND:-}" >>"$MIEN_TEST/asked"
[ ! -p "$MIEN_TEST/pipe" ] || cat "$MIEN_TEST/pipe"
echo whole >"$MIEN_TEST/end"
"""
FETCH = """
import sys
from installer import apt
from installer.errors import Stopped, stop_on_signals
stop_on_signals()
try:
    sys.exit(not apt.install("python3-thing"))
except Stopped as stopped:
    sys.exit(stopped.code)
"""


@pytest.fixture
def fetching(tmp_path):
    """A function that starts the fetching of a package."""
    write_program(tmp_path / "bin/apt-get", APT)
    own = os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    own |= {"PYTHONPATH": str(ROOT / "systemd"), "MIEN_TEST": str(tmp_path)}
    return lambda: subprocess.Popen(
        [str(BASE_PYTHON), "-B", "-c", FETCH], env=own, start_new_session=True
    )


def test_it_asks_nothing_and_waits_for_another_that_is_at_work(fetching, tmp_path):
    assert fetching().wait(timeout=LIMIT_S) == 0
    asked, frontend = (tmp_path / "asked").read_text().splitlines()
    assert asked.endswith("install --yes --no-install-recommends python3-thing")
    assert "DPkg::Lock::Timeout=" in asked
    assert frontend == "noninteractive"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_is_not_broken_off(fetching, tmp_path, number):
    """Packages would be left half installed. A signal goes to all, as from a terminal."""
    os.mkfifo(tmp_path / "pipe")
    process = fetching()
    with (tmp_path / "pipe").open("w"):  # opens when the other end does
        os.killpg(process.pid, number)
    assert process.wait(timeout=LIMIT_S) == 128 + number
    assert (tmp_path / "end").read_text() == "whole\n"
