"""The program as a service: real processes that report to a real socket."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from device.service import DEMO, find_camera
from tests.device.conftest import ROOT, python_path
from tests.device.service_manager import PATIENCE_S, ServiceManager
from tests.device.waiting import until

no_camera = pytest.mark.skipif(find_camera() is not None, reason="this machine has a camera")
STUCK, CONFIG = 75, 78


class Service:
    """Starts the program as systemd would; ``state`` and ``run`` are its folders."""

    def __init__(self, folder, manager):
        self.folder, self.manager = folder, manager
        self.state, self.run = folder / "state", folder / "run"
        self.state.mkdir()
        self.run.mkdir()
        self.environment = os.environ | {
            "PYTHONPATH": python_path(),
            "NOTIFY_SOCKET": manager.address,
            "RUNTIME_DIRECTORY": f"{self.run}:{self.run}/other",
        }

    @contextmanager
    def running(self, *arguments, module="device"):
        with subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                process.kill()

    def appliance(self, what, *arguments):
        """Start it with a camera that does ``what``."""
        state = ("--state", self.state, "--screen", "off")
        arguments = (what, "run", "--source", "camera", *state, *arguments)
        return self.running(*arguments, module="tests.device.appliance")

    def ended(self, what, *arguments):
        """Wait until it has ended by itself; return its exit code and what it told."""
        with self.appliance(what, *arguments) as process:
            _, errors = process.communicate(timeout=PATIENCE_S)
        return process.returncode, errors.splitlines()

    def counted(self):
        path = self.state / "stuck.json"
        return json.loads(path.read_text())["ends"] if path.exists() else 0


@pytest.fixture
def service(tmp_path):
    with ServiceManager.in_folder(tmp_path) as manager:
        yield Service(tmp_path, manager)


def stopped(process):
    """Stop it as systemd does; return its exit code, its stdout and its stderr."""
    process.terminate()
    output, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output, errors.splitlines()


def test_systemd_is_told_from_the_start_to_the_end(service, tmp_path):
    log = tmp_path / "x.jsonl"
    arguments = ("run", "--source", DEMO, "--screen", "off", "--log", log)
    with service.running(*arguments) as process:
        start = service.manager.until("READY=1")
        assert start[:2] == [
            "STATUS=Starting: loading the model", "STATUS=Starting: opening the camera",
        ]  # fmt: skip
        assert start[-2].startswith(f"STATUS=Reading {DEMO} with mien-")
        service.manager.until("WATCHDOG=1")
        service.manager.until("WATCHDOG=1")
        code, output, _ = stopped(process)
    assert service.manager.waiting()[-2:] == ["STATUS=Stopping", "STOPPING=1"]
    assert (code, output) == (0, "")  # the journal carries no readings
    assert log.read_text().count("\n") >= 1


@no_camera
def test_without_a_camera_a_service_waits_and_says_so(service):
    with service.running("run", "--source", "camera", "--screen", "off") as process:
        service.manager.until("WATCHDOG=1")
        status = service.manager.until("STATUS=No camera since ")[-1]
        assert "looking again soon (no camera found: connect one" in status
        service.manager.until("WATCHDOG=1")
        code, _, errors = stopped(process)
    assert code == 0
    assert len([line for line in errors if "it is looked for again and again" in line]) == 1


@no_camera
def test_at_the_command_line_a_missing_camera_is_an_error(mien):
    done = mien("run", "--source", "camera", "--screen", "off")
    assert done.returncode == 1
    assert done.stderr.startswith("mien: no camera found: ")


def test_a_wrong_setting_is_not_worth_a_new_start(service):
    with service.running("run", "--source", "", "--screen", "off") as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == CONFIG
    assert service.manager.waiting() == [f"STATUS=Ended: {errors.removeprefix('mien: ').strip()}"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--source", DEMO, "--log", "none/x.jsonl"], "log = 'none/x.jsonl': there is no folder"),
        (["--source", DEMO, "--state", "none/state"], "state = 'none/state': there is no folder"),
        (["--source", "webcam"], "source = 'webcam': no such file or folder"),
    ],
)
def test_what_is_named_and_can_never_be_there_is_not_worth_one_either(service, arguments, why):
    with service.running("run", "--screen", "off", *arguments) as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == CONFIG
    assert errors.startswith(f"mien: {why}")


def test_a_disk_that_is_not_there_yet_is_worth_a_new_start(service):
    log = "/media/mien-no-such-disk/x.jsonl"
    with service.running("run", "--source", DEMO, "--screen", "off", "--log", log) as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "is its disk plugged in and mounted?" in errors


def test_a_camera_that_is_lost_is_found_again(service):
    with service.appliance("comes back") as process:
        service.manager.until("READY=1")
        told = [process.stderr.readline() for _ in range(3)]
        code, _, _ = stopped(process)
    assert code == 0
    assert told[0].startswith("reading webcam /dev/video7 with mien-")
    assert told[1:] == [
        "webcam /dev/video7: unplugged: plug it in again; it is looked for again and again\n",
        "webcam /dev/video7: there again, after 1 s\n",
    ]


@pytest.mark.parametrize("what", ["opening hangs", "hangs at once", "reading hangs"])
def test_a_driver_that_hangs_ends_the_process_and_is_counted(service, what):
    code, told = service.ended(what)
    assert code == STUCK
    assert told[-1].endswith("its driver hangs: a new start may free it")
    assert [line for line in told if line.endswith(" hangs")]
    assert service.counted() == 1
    messages = service.manager.waiting()
    assert messages[-1] == f"STATUS=Ended: {told[-1].removeprefix('mien: ')}"
    assert messages[-2] == "STOPPING=1"
    assert ("READY=1" in messages) == (what == "reading hangs")


def test_at_last_a_reboot_is_asked_for(service, tmp_path):
    settings = tmp_path / "mien.toml"
    settings.write_text("[camera]\nreboot_after = 2\n")
    service.ended("opening hangs", "--config", settings)
    assert list(service.run.iterdir()) == []
    code, told = service.ended("opening hangs", "--config", settings)
    assert code == STUCK
    assert any(line.endswith("a reboot is asked for") for line in told)
    assert [path.name for path in service.run.iterdir()] == ["reboot"]


def test_frames_begin_the_count_anew(service):
    service.ended("opening hangs")
    assert service.counted() == 1
    with service.appliance("well") as process:
        service.manager.until("READY=1")
        until(lambda: service.counted() == 0)
        stopped(process)


def test_a_few_frames_after_each_start_do_not(service):
    for starts in (1, 2):
        service.ended("reading hangs")
        assert service.counted() == starts


def test_a_stop_ends_it_though_the_camera_hangs(service):
    with service.appliance("opening hangs") as process:
        assert process.stderr.readline() == "the opening hangs\n"
        code, _, errors = stopped(process)
    assert code in (0, STUCK)  # whichever was first
    assert not any("Traceback" in line for line in errors)


@pytest.mark.parametrize(
    ("what", "where"), [("model hangs", "in _read_face"), ("sink hangs", "in see")]
)
def test_where_the_loop_hangs_the_watchdog_is_not_fed_and_the_journal_shows_where(
    service, what, where
):
    with service.appliance(what) as process:
        while not process.stderr.readline().endswith(" hangs\n"):
            pass
        service.manager.waiting()
        assert service.manager.silent(for_s=3)
        process.send_signal(signal.SIGABRT)  # as systemd does then
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in errors
    assert where in errors
    assert "in _take" in errors  # the loop's own stack
    assert "in _capture" in errors  # and the others'
