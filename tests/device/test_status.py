"""How the service is, for people. What systemd told was copied from a machine."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from device import status as module
from device.status import status
from device.unit import Unit, read_unit

RUNNING = """\
MainPID={pid}
StatusText=Reading faces from webcam /dev/video0
Result=success
NRestarts=0
ExecMainCode=0
ExecMainStatus=0
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
InactiveExitTimestampMonotonic=85629773
"""
MISSING = """\
MainPID=0
StatusText=
Result=success
NRestarts=0
ExecMainCode=0
ExecMainStatus=0
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
InactiveExitTimestampMonotonic=0
"""


@pytest.fixture
def told(tmp_path, monkeypatch, systemctl):
    """Have systemctl say what is given."""

    def say(text: str) -> Path:
        systemctl(text)
        monkeypatch.setattr(module, "read_unit", lambda: read_unit(tmp_path))
        return tmp_path

    return say


def settings_file(folder: Path, log: Path, more: str = "") -> Path:
    path = folder / "mien.toml"
    path.write_text(f'log = "{log}"\n{more}')
    return path


def reading(age_s: float, emotion: str = "happy") -> str:
    when = datetime.now().astimezone() - timedelta(seconds=age_s)
    content = {"time": when.isoformat(), "face": 1, "emotion": emotion, "probability": 0.98}
    return json.dumps(content | {"model": "mien-1234"}) + "\n"


def test_one_that_runs(told, tmp_path):
    told(RUNNING.format(pid=os.getpid()))
    log = tmp_path / "readings.jsonl"
    log.write_text(reading(700, "sad") + reading(600))
    (tmp_path / "readings.jsonl.1").write_bytes(b"x" * 1_000_000)
    code, lines = status(settings_file(tmp_path, log, "web = true\n"))
    text = "\n".join(lines)
    assert code == 0
    assert lines[0].startswith("Mien is running, since 2")
    assert "doing     Reading faces from webcam /dev/video0" in lines
    assert " : Happy , 98%, 10.0 min ago, by mien-1234" in text
    assert f"{log}: 2 readings in it; 1.0 MB in 2 files, of 100.0 MB at most" in text
    assert "page      http://127.0.0.1:8080/" in lines
    assert [line for line in lines if line.startswith("memory ")]


def test_a_number_of_readings_is_whole_however_long_the_log(told, tmp_path):
    told(RUNNING.format(pid=os.getpid()))
    log = tmp_path / "x"
    log.write_text(reading(1) * 30_000)
    assert "30,000 readings; 3." in "\n".join(status(settings_file(tmp_path, log))[1])


def test_without_a_service_it_says_how_to_get_one(told):
    told(MISSING)
    code, lines = status(None)
    assert code == 3
    assert lines[0].startswith("Mien is not installed as a service: sudo systemd/install.sh")


def test_without_systemd_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "read_unit", lambda: read_unit(tmp_path / "none"))
    log = tmp_path / "x"
    log.write_text(reading(0))
    code, lines = status(settings_file(tmp_path, log))
    assert code == 3
    assert "systemd does not answer here" in lines[0]
    assert "Happy" in "\n".join(lines)


def test_a_systemd_that_fails_is_none(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    assert read_unit(tmp_path) is None


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"active": "inactive"}, "Mien is not running: sudo systemctl start mien"),
        ({"active": "activating", "sub": "start"}, "Mien is starting, for 3.0 s by now."),
        (
            {"active": "activating", "sub": "auto-restart", "result": "watchdog", "code": 6},
            "Mien ended (watchdog) and is about to start again: sudo journalctl",
        ),
        (
            {"active": "failed", "result": "exit-code", "code": 78},
            "Mien is not running, for a setting is wrong: python -m device config says which",
        ),
        (
            {"active": "failed", "result": "exit-code", "code": 1},
            "Mien is not running, for it ended (exit code 1): sudo journalctl -u mien",
        ),
        ({"active": "deactivating"}, "Mien is stopping."),
    ],
)
def test_one_that_does_not_run_says_why_and_what_to_do(monkeypatch, state, sentence):
    values = {
        "there": True, "enabled": False, "sub": "dead", "text": "", "result": "success",
        "code": 0, "pid": 0, "restarts": 0, "for_s": 3.0,
    }  # fmt: skip
    monkeypatch.setattr(module, "read_unit", lambda: Unit(**(values | state)))
    code, lines = status(None)
    assert code == 3
    assert lines[0].startswith(sentence)
    assert lines[1] == "It does not start with the machine: sudo systemctl enable mien"


@pytest.mark.parametrize(
    ("given", "chosen", "shown"),
    [
        ("auto", "", "mien"),
        ("auto", "mien-nano\nmien\n", "mien-nano (by python -m device model use)"),
        ("auto", "mien\nmien-nano\n", "mien (by python -m device model use)"),
        ("mien", "mien-nano\nmien\n", "mien"),
    ],
)
def test_the_model_is_the_one_that_holds(told, tmp_path, given, chosen, shown):
    told(RUNNING.format(pid=0))
    if chosen:
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "chosen").write_text(chosen)
    more = f'model = "{given}"\nstate = "{tmp_path}"\n'
    lines = status(settings_file(tmp_path, tmp_path / "x", more))[1]
    assert f"model     {shown}" in lines


def test_a_choice_that_may_not_be_read_says_how_to(told, tmp_path, somebody_else):
    told(RUNNING.format(pid=0))
    models = tmp_path / "models"
    models.mkdir()
    (models / "chosen").write_text("mien-nano\n")
    settings = settings_file(tmp_path, tmp_path / "x", f'state = "{tmp_path}"\n')
    models.chmod(0)
    try:
        with somebody_else():
            text = "\n".join(status(settings)[1])
    finally:
        models.chmod(0o700)
    assert f"{models}/chosen: permission denied: " in text
    assert "sudo " in text


def test_settings_that_are_wrong_hide_nothing_else(told, tmp_path):
    told(RUNNING.format(pid=0))
    (tmp_path / "mien.toml").write_text("threads = 99\n")
    code, lines = status(tmp_path / "mien.toml")
    assert code == 0
    assert f"settings  {tmp_path}/mien.toml: threads = 99: expected `int` <= 16" in lines
    assert [line for line in lines if line.startswith("version ")]


def test_a_log_that_is_not_there_is_said(told, tmp_path):
    told(RUNNING.format(pid=0))
    text = "\n".join(status(settings_file(tmp_path, tmp_path / "none"))[1])
    assert f"no log {tmp_path}/none" in text


def test_the_command_has_systemctl_s_code(mien):
    done = mien("status")
    assert done.returncode in (0, 3)
    assert done.stdout.startswith(("Mien is ", "Whether Mien runs"))
