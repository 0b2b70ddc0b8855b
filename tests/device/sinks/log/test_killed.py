"""A program that is killed while it writes, rotates and compresses its log."""

import random
import subprocess
import sys
import threading
from pathlib import Path

from device.sinks.log import Log
from tests.device.conftest import ROOT, python_path
from tests.device.sinks.log.readings import faces, names, reading

KILLS = 8


def write_and_be_killed(path: Path, first: int, after_s: float) -> int:
    """Return the last number of which the writer said that it was written."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.device.sinks.log.writer", path, str(first)],
        cwd=ROOT, env={"PYTHONPATH": python_path()}, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        said = [int(writer.stdout.readline())]
        threading.Timer(after_s, writer.kill).start()
        said += [int(line) for line in writer.stdout if line.endswith("\n")]
    assert writer.returncode == -9
    return said[-1]


def test_no_line_is_torn_lost_or_written_twice(tmp_path, capfd):
    path, said, dice = tmp_path / "x.jsonl", 0, random.Random(6)
    for _ in range(KILLS):
        before = faces(path) if path.exists() else []
        said = write_and_be_killed(path, (before[-1] if before else 0) + 1, dice.uniform(0, 0.3))
        with Log(path, max_bytes=40_000, total_bytes=10_000_000, keep=1000):
            pass  # it puts right what was left
        found = faces(path)  # each a whole line, or this fails
        assert found == list(range(1, len(found) + 1))
        assert found[-1] >= said
    assert len(names(tmp_path)) > 10
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_a_copy_that_was_not_finished_is_made_anew(tmp_path):
    """What a kill leaves at the worst moments, each by itself."""
    path = tmp_path / "x.jsonl"
    with Log(path, max_bytes=20_000) as log:
        log.write([reading(number) for number in range(1, 201)])
    whole = faces(path)
    one = next(tmp_path.glob("x.jsonl.*"))
    plain = one.with_suffix("") if one.suffix == ".gz" else one
    gz = plain.with_name(plain.name + ".gz")
    content = subprocess.run(["gzip", "-cdf", one], capture_output=True, check=True).stdout
    packed = subprocess.run(["gzip", "-c"], input=content, capture_output=True, check=True).stdout
    for leave in ("part", "both"):
        plain.write_bytes(content)
        gz.unlink(missing_ok=True)
        if leave == "part":
            (tmp_path / ".x.jsonl.part").write_bytes(packed[:-100])
        else:
            gz.write_bytes(packed)
        assert faces(path) == whole
        with Log(path, max_bytes=20_000):
            assert faces(path) == whole
        assert ".x.jsonl.part" not in names(tmp_path)
        assert faces(path) == whole
