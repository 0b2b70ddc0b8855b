"""convert/serving/versions.py: a version is there whole, under a number of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from convert.serving import versions
from device.errors import SinkError
from tests.convert.conftest import ROOT


def write(base, content):
    with versions.workplace(base) as partial:
        (partial / "variables").mkdir(parents=True)
        (partial / "saved_model.pb").write_text(content)
        return versions.place(partial, base)


def test_the_first_makes_its_folders_and_the_next_comes_above_the_highest(tmp_path):
    base = tmp_path / "serving" / "mien"
    assert write(base, "one") == base / "1"
    (base / "7").mkdir()
    assert write(base, "two") == base / "8"
    assert (base / "1/saved_model.pb").read_text() == "one"
    assert sorted(os.listdir(base)) == ["1", "7", "8"]


def test_programs_that_write_at_once_do_not_lose_a_version(tmp_path):
    base = tmp_path / "mien"
    base.mkdir()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write(base, str(n)), range(40)))
    assert sorted(map(int, os.listdir(base))) == list(range(1, 41))
    contents = {(path / "saved_model.pb").read_text() for path in base.iterdir()}
    assert contents == {str(n) for n in range(40)}


def test_what_fails_leaves_nothing(tmp_path):
    def fail():
        with versions.workplace(tmp_path / "serving" / "mien") as partial:
            partial.mkdir()
            raise KeyError("half way")

    with pytest.raises(KeyError):
        fail()
    assert os.listdir(tmp_path) == []


def test_what_is_killed_half_way_leaves_no_version(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from convert.serving import versions\n"
        "with versions.workplace(Path(sys.argv[1])) as partial:\n"
        "    partial.mkdir(); (partial / 'saved_model.pb').write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    base = tmp_path / "mien"
    done = subprocess.run([sys.executable, "-c", program, base], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not [path for path in base.iterdir() if path.name.isdecimal()]
    assert write(base, "whole") == base / "1"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SinkError, match=r"--out .*mien: cannot write there: permission denied"):
            write(tmp_path / "mien", "x")
    finally:
        tmp_path.chmod(0o700)
