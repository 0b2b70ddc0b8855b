import signal
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest

from device import service
from device.config import Settings, read_settings
from device.errors import SourceError
from device.service import DEMO, find_camera, open_source
from device.sources.video import ImageFolder, Video
from device.stop import Stop
from tests.device.conftest import ROOT, python_path

no_camera = pytest.mark.skipif(find_camera() is not None, reason="this machine has a camera")


def settings(**changes: object) -> Settings:
    return read_settings(None, **changes)


@no_camera
def test_without_a_camera_auto_is_the_demo():
    with open_source(settings(source="auto")) as source:
        assert source.name == str(DEMO)


@no_camera
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("camera", "no camera found"),
        ("picamera", "picamera2"),
        ("0", "/dev/video0: no such device"),
        ("/dev/video7", "/dev/video7: no such device"),
        ("/dev/null", "not a video device"),
    ],
)
def test_a_camera_that_is_asked_for_and_not_there_is_an_error(spec, message):
    with pytest.raises(SourceError, match=message):
        open_source(settings(source=spec))


def test_files_and_folders_are_told_apart(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 80), np.uint8))
    with open_source(settings(source=str(tmp_path))) as folder:
        assert isinstance(folder, ImageFolder)
    with open_source(settings(source=str(DEMO))) as video:
        assert isinstance(video, Video)


def test_a_stop_ends_the_wait_for_a_camera_that_does_not_open(monkeypatch):
    release = threading.Event()

    def hang(*_, **__):
        release.wait(20)
        raise SourceError("released")

    monkeypatch.setattr(service, "_open_camera", hang)
    stop = Stop()
    threading.Timer(0.1, stop.set).start()
    source = open_source(settings(source="camera"), stop=stop)
    assert list(source) == []
    release.set()
    source.close()


# A camera that shows one picture for ever, in a process of its own.
_LIVE = """
import sys, logging
from device import service
from device.config import read_settings
from device.sources.newest import Newest
from device.sources.synthetic import Synthetic
from device.sources.video import Video
from device.stop import stop_on_signals

logging.basicConfig(level=logging.INFO)
picture = next(iter(Video(service.DEMO))).grey
rate_hz = float(sys.argv[2])
service.open_source = lambda settings, costs, **_: Newest(
    lambda: Synthetic([picture], rate_hz=rate_hz)
)
with stop_on_signals() as stop:
    totals = service.run(read_settings(None, log=sys.argv[1], rate_hz=10), stop)
print("readings", totals.readings)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("camera_rate_hz", [30, 0.5], ids=["busy", "waiting for a frame"])
def test_a_signal_ends_it_cleanly_with_all_lines_in_the_log(tmp_path, number, camera_rate_hz):
    path = tmp_path / "x.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", _LIVE, path, str(camera_rate_hz)],
        cwd=ROOT, env={"PYTHONPATH": python_path()}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline().endswith("%\n")
        process.send_signal(number)
        rest = process.stdout.read().splitlines()
        assert process.wait(timeout=20) == 0
    readings = int(rest[-1].split()[1])
    assert len(path.read_text().splitlines()) == readings == len(rest)


_TWICE = """
import signal, sys, threading
from device.stop import stop_on_signals

with stop_on_signals() as stop:
    # The event's lock is held, as it is in the middle of the first signal's handler.
    done = []
    def again():
        signal.raise_signal(signal.SIGTERM)
        done.append(True)
    stop.wakes(lambda: done or again())
    signal.raise_signal(signal.SIGTERM)
    with stop._cond:
        signal.raise_signal(signal.SIGINT)
print("ended")
"""


def test_a_second_signal_in_the_middle_of_the_first_hangs_nothing():
    done = subprocess.run(
        [sys.executable, "-c", _TWICE], cwd=ROOT, env={"PYTHONPATH": python_path()},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.stdout == "ended\n"
