import io
import os
import signal
import subprocess
import sys

import pytest

from device.journal import is_journal
from device.service import DEMO
from tests.device.conftest import ROOT, python_path
from tests.device.waiting import until


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """A file in the journal's place, which systemd names by its device and number."""
    with (tmp_path / "journal").open("w+") as file:
        status = os.fstat(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        yield file


def started(*arguments, stderr):
    return subprocess.Popen(
        [sys.executable, "-m", "device", *arguments],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": python_path()}, text=True,
        stdout=subprocess.DEVNULL, stderr=stderr,
    )  # fmt: skip


def test_it_is_known_by_what_systemd_says_of_it(journal, tmp_path, monkeypatch):
    assert is_journal(journal)
    with (tmp_path / "file").open("w") as file:
        assert not is_journal(file)
    assert not is_journal(io.StringIO())
    monkeypatch.delenv("JOURNAL_STREAM")
    assert not is_journal(journal)
    journal.close()
    assert not is_journal(journal)


def test_events_carry_their_priority_there(journal, tmp_path):
    def lines():
        journal.seek(0)
        return journal.read().splitlines()

    log = tmp_path / "log.jsonl"
    log.write_text('{"torn')  # which a start repairs, and warns of
    with started(
        "run", "--source", str(DEMO), "--screen", "off", "--log", str(log), stderr=journal
    ) as process:
        until(lambda: any("reading" in line for line in lines()))
        process.send_signal(signal.SIGTERM)
    warned = [line for line in lines() if line.startswith("<4>")]
    assert [line for line in warned if "log.jsonl" in line]
    assert [line for line in lines() if line.startswith(f"<6>reading {DEMO}")]


def test_what_ends_it_is_an_error_there_and_plain_elsewhere(journal):
    arguments = ("run", "--source", "no-such-film", "--screen", "off")
    with started(*arguments, stderr=journal) as process:
        process.wait(60)
    journal.seek(0)
    assert journal.read().startswith("<3>mien: ")
    with started(*arguments, stderr=subprocess.PIPE) as process:
        assert process.communicate(timeout=60)[1].startswith("mien: ")
