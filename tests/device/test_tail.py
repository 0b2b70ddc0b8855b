"""The readings as they come, for people."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.service import DEMO
from device.tail import Paint, tail
from tests.device.conftest import ROOT, python_path

BEGAN = datetime(2026, 11, 22, 11, 11, 11, tzinfo=UTC)


def record(second: float, face: int = 1, emotion: str = "happy") -> str:
    when = BEGAN + timedelta(seconds=second)
    content = {"time": when.isoformat(), "face": face, "emotion": emotion, "probability": 0.726}
    return json.dumps(content) + "\n"


def tailed(path: Path, last: int = 10) -> list[str]:
    over = threading.Event()
    over.set()
    stream = io.StringIO()
    tail(path, stream, last=last, stop=over)
    return stream.getvalue().splitlines()


def local(second: float) -> str:
    return f"{(BEGAN + timedelta(seconds=second)).astimezone():%H:%M:%S}s"


def test_the_last_readings_look_as_on_the_console(mien, tmp_path):
    console = mien("run", "--source", DEMO, "--log", "x.jsonl", "--duration", "8").stdout
    assert tailed(tmp_path / "x.jsonl", 5) == console.splitlines()[-5:]


def test_faces_that_are_there_together_have_numbers(tmp_path):
    log = tmp_path / "x"
    log.write_text(
        record(0) + record(1) + record(1, 2) + record(2) + record(2, 2, "sad") + record(9, 2)
    )
    assert tailed(log) == [
        f"{local(0)} : Happy , 73%",
        f"{local(1)} : Happy , 73%",
        f"{local(1)} : Face 2 : Happy , 73%",
        f"{local(2)} : Face 1 : Happy , 73%",
        f"{local(2)} : Face 2 : Sad , 73%",
        f"{local(9)} : Happy , 73%",
    ]


def test_what_is_no_reading_is_left_out(tmp_path):
    log = tmp_path / "x"
    odd = ['{"event": "start"}', '{"time": "soon"}', "[]", record(1, emotion="\x1b[2J").strip()]
    log.write_text(record(0) + "\n".join(odd) + "\n" + record(1))
    assert tailed(log) == [f"{local(0)} : Happy , 73%", f"{local(1)} : Happy , 73%"]


class Terminal(io.StringIO):
    """A terminal that takes any letter."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_have_them_and_people_who_want_them():
    assert Paint(io.StringIO(), {"TERM": "xterm"})("x", "happy") == "x"
    assert Paint(Terminal(), {"TERM": "dumb"})("x", "happy") == "x"
    assert Paint(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})("x", "happy") == "x"
    assert Paint(Terminal(), {"TERM": "linux"})("x", "happy") == "\x1b[38;2;240;228;66mx\x1b[0m"
    assert "😊 x" in Paint(Terminal(), {"TERM": "xterm"})("x", "happy")


def test_ctrl_c_is_how_it_ends(tmp_path):
    log = tmp_path / "x.jsonl"
    log.write_text(record(0) + record(1))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "device", "tail", "--log", str(log), "-n", "1"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": python_path(), "TERM": "xterm"},
        stdout=theirs, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while b"%" not in shown:
            shown += os.read(ours, 4096)
        with log.open("a") as file:
            file.write(record(2, emotion="sad"))
        while b"Sad" not in shown:
            shown += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(ours)
    assert (process.returncode, errors.strip()) == (0, "")
    assert len(re.findall(r"Happy|Sad", shown.decode())) == 2
    assert "😢" in shown.decode()


def test_what_cannot_be_followed_is_said(mien):
    done = mien("tail")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no log is kept" in done.stderr
    done = mien("tail", "--log", "none")
    assert done.returncode == 1
    assert "no log none" in done.stderr
    done = mien("tail", "-n", "-1")
    assert (done.returncode, "'-1': give a number of readings" in done.stderr) == (2, True)
