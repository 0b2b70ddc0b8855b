"""WPA2's key, by the standard's own example."""

from __future__ import annotations

import subprocess
import sys

from tests.systemd.flash.conftest import ROOT


def test_wpa2_keys_are_the_standards():
    program = "from flash.settings import wpa_key; print(wpa_key('password', b'IEEE', ''))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "systemd")}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    key = "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert done.stdout.strip() == key
