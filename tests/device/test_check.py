"""What `mien check` says on a device where Mien runs already."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device import check as module
from device import running
from device.check import check
from device.config import PageSettings, Settings, read_settings
from device.errors import BusyError
from device.service import DEMO
from device.sinks.log.file import LogFile
from device.unit import read_unit
from tests.device.conftest import Mien, python_path

# As systemctl told it on a machine; the user and what is read differ.
UNIT = """\
MainPID=727
StatusText={text}
Result=success
NRestarts=0
User={user}
ExecStart={{ path=/opt/mien/current/venv/bin/python ; argv[]=/opt/mien/current/venv/bin/python \
-m device run --config {config} ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; \
pid=727 ; code=(null) ; status=0/0 }}
ExecMainStatus=0
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
InactiveExitTimestampMonotonic=85629773
"""
READS = "Reading webcam /dev/video0 with mien-1234: 1 face, happy; 3 readings since 12:00"
# Root's, on any machine, so that nobody else may write there.
CLOSED = Path("/usr")


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, systemctl: Callable[[str], None]
) -> Callable[..., None]:
    """Have systemctl tell of a service that runs."""

    def say(config: Path, *, user: str = "root", text: str = READS) -> None:
        systemctl(UNIT.format(config=config, user=user, text=text))
        monkeypatch.setattr(running, "read_unit", lambda: read_unit(tmp_path))

    return say


def written(folder: Path, text: str) -> tuple[Settings, Path]:
    path = folder / "mien.toml"
    path.write_text(f'screen = "off"\nsource = "{DEMO}"\n{text}')
    return read_settings(path), path


def found(settings: Settings, config: Path | None = None) -> dict[str, tuple[bool, str]]:
    return {name: (well, text) for well, name, text in check(settings, config)}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[int]:
    """A Mien that runs, with c.toml in the folder; the port of its page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "c.toml").write_text(
        f'web = true\nscreen = "off"\nlog = "x.jsonl"\n[page]\nport = {port}\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "device", "run", "--config", "c.toml"], cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": python_path()}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline()  # the first reading: the page is there by then
    yield port
    process.terminate()
    process.communicate(timeout=60)


def test_what_a_mien_that_runs_has_is_well(mien: Mien, tmp_path: Path, page: int) -> None:
    done = mien("check", "--config", "c.toml", "--source", DEMO)
    assert f"ok   page     127.0.0.1 port {page}, in use by the Mien that runs" in done.stdout
    assert "ok   log      x.jsonl, " in done.stdout
    assert done.returncode == 0
    # Not the one with these settings: its page could not be had.
    done = mien("check", "--config", "c.toml", "--source", DEMO, "--log", "other.jsonl")
    assert f"BAD  page     127.0.0.1 port {page}: cannot be used: address already" in done.stdout
    assert running.answers(PageSettings(port=page))
    assert running.answers(PageSettings(host="0.0.0.0", port=page))  # noqa: S104 - asked, not bound to


def test_a_port_that_another_program_has_is_a_trouble(tmp_path: Path) -> None:
    log = tmp_path / "x.jsonl"
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().split(" port ")[1].split()[0])
        text = f'web = true\nlog = "{log}"\n[page]\nport = {port}\n'
        with LogFile(log):
            well, said = found(written(tmp_path, text)[0])["page"]
    finally:
        server.kill()
        server.communicate()
    assert not well
    assert "address already in use" in said


@pytest.mark.parametrize(
    ("text", "well"),
    [(READS, True), ("No picture since 12:00: webcam /dev/video0: busy: another", False)],
)
def test_a_busy_camera_is_well_where_the_service_reads_it(
    told, tmp_path, monkeypatch, text, well
) -> None:
    def busy(settings: Settings) -> None:
        raise BusyError("webcam /dev/video0: busy: another program uses it: stop that program")

    monkeypatch.setattr(module, "open_source", busy)
    settings, config = written(tmp_path, "")
    told(config, text=text)
    said = found(settings, config)["source"]
    assert said[0] is well
    assert ("in use by the Mien that runs" in said[1]) is well
    assert not found(settings, tmp_path / "another.toml")["source"][0]


def test_a_log_is_held_while_somebody_writes_it(tmp_path: Path) -> None:
    settings = Settings(log=str(tmp_path / "x.jsonl"))
    assert not running.find_running(settings, None).here
    with LogFile(tmp_path / "x.jsonl"):
        assert running.find_running(settings, None).here
        assert running.find_running(settings, None).logs  # the look at it takes nothing away
    assert not running.find_running(settings, None).here


def test_a_log_that_only_the_one_who_writes_it_may_write_is_well(tmp_path, somebody_else) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    log = folder / "x.jsonl"
    settings, _ = written(tmp_path, f'log = "{log}"\n')
    with LogFile(log):
        log.chmod(0o444)
        folder.chmod(0o555)
        try:
            with somebody_else():
                assert found(settings)["log"] == (True, f"{log}, in use by the Mien that runs")
        finally:
            folder.chmod(0o755)


def test_what_is_the_services_alone_is_well(told, tmp_path, somebody_else) -> None:
    log, state = CLOSED / "readings.jsonl", CLOSED / "mien-state"
    settings, config = written(tmp_path, f'log = "{log}"\nstate = "{state}"\n')
    told(config)
    with somebody_else():
        said = found(settings, config)
        closer = "the user root's (sudo python -m device check looks closer)"
        assert said["log"] == (True, f"{log}, {closer}")
        assert said["state"] == (True, f"{state}, {closer}")
        # Other settings than the service's, and a folder that is not its user's.
        others = found(settings, tmp_path / "another.toml")
    told(config, user="daemon")
    with somebody_else():
        strange = found(settings, config)
    for name in ("log", "state"):
        for well, text in (others[name], strange[name]):
            assert not well
            assert "permission denied" in text
