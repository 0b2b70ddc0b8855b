"""What the tests of the search share: tiny settings, and a study that was really made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.in_process import run_here
from training.__main__ import main

BASELINE = "searched-k3c8-p3c8n1-p3c16n1-p3c32n1"
# Two rungs on pictures of 16 pixels: a trial takes as long as its network takes to be built. The
# limits are such that networks are small, and not so rare that they have to be looked for.
TINY = f"""
macs = [2e5, 3e6]
bytes = [5000, 60000]
baseline = "{BASELINE}"
rungs = [{{ epochs = 1, share = 0.5, side = 16 }}, {{ epochs = 2, side = 16 }}]
population = 2
batch_size = 16
precision = "float32"
"""
TRIALS = 2


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def searched(
    fer2013_csv: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The folder and the stdout of a search of ``TRIALS`` trials."""
    folder = tmp_path_factory.mktemp("search") / "out"
    given = ("--data", fer2013_csv, "--out", folder, "--config", tiny, "--trials", TRIALS)
    done = run_here(main, "search", *given)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout
