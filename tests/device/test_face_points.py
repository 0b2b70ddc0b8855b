"""The network of points is there, is broken, is off: faces are read all the same."""

import subprocess
import sys
import threading

import pytest

from device import face_points
from device.check import check
from device.config import FaceSettings, Settings
from device.costs import Costs
from device.face_points import open_marks
from device.landmarks import _Reader
from device.model_file import LandmarksCard, read_card, unpack_as, write_model
from device.model_store import SHIPPED
from device.service import DEMO, build_pipeline
from device.sinks.base import Sink
from device.sources.video import Video
from tests.device.conftest import ROOT, python_path

ALL = Settings(source=str(DEMO), faces=FaceSettings(landmarks=("level", "steady", "blobs")))
_SAID = {
    "missing": "no such file or directory: it comes with Mien: install that anew",
    "cut short": "or cut short",
    "a classifier": "a model of classifier: give one of landmarks",
    "of a cat": "points of a face are wanted, got whisker_0, whisker_1",
}


class Kept(Sink):
    def __init__(self):
        self.readings = []

    def write(self, readings):
        self.readings += readings


def read_demo(model, settings, duration_s=3.0):
    kept, costs = Kept(), Costs()
    with Video(DEMO) as source:
        pipeline = build_pipeline(settings, source, model, [kept], costs)
        pipeline.run(threading.Event(), duration_s)
    return kept.readings, costs.times_s()


@pytest.fixture(params=["missing", "cut short", "a classifier", "of a cat"])
def broken(request, tmp_path, monkeypatch):
    """A file that is none of a network of a face's points, and what is said of it."""
    path = tmp_path / "landmarks.tflite"
    if request.param == "cut short":
        path.write_bytes((SHIPPED / "mien-nano.tflite").read_bytes()[:5000])
    elif request.param == "a classifier":
        path.write_bytes((SHIPPED / "mien-nano.tflite").read_bytes())
    elif request.param == "of a cat":
        _, names, tflite = unpack_as(face_points.LANDMARKS, LandmarksCard)
        whiskers = [f"whisker_{number}" for number in range(len(names))]
        write_model(path, tflite, whiskers, read_card(face_points.LANDMARKS))
    monkeypatch.setattr(face_points, "LANDMARKS", path)
    return path, _SAID[request.param]


def test_without_the_network_faces_are_read_and_it_is_said_once(model, broken, caplog):
    readings, times_s = read_demo(model, ALL)
    assert [reading.emotion for reading in readings] == ["happy"] * 3
    assert "points" not in times_s
    assert len(caplog.messages) == 1
    assert all(part in caplog.text for part in map(str, broken))
    assert "faces are read without their points" in caplog.text


def test_where_the_network_fails_on_the_way_faces_are_read_and_it_is_said_once(
    model, caplog, monkeypatch
):
    """The runtime refuses to run while somebody holds its memory."""
    held, read = [], _Reader.read
    monkeypatch.setattr(_Reader, "read", lambda self, raw: held.append(raw) or read(self, raw))
    readings, times_s = read_demo(model, ALL)
    assert [reading.emotion for reading in readings] == ["happy"] * 3
    assert len(times_s["points"]) == 2
    (said,) = caplog.messages
    assert "landmarks.tflite: There is at least 1 reference to internal data" in said
    assert said.endswith(": faces are read without their points")
    assert "\n" not in said


def test_check_says_what_is_wrong_with_it(broken):
    found = {name: (well, text) for well, name, text in check(ALL)}
    well, text = found["points"]
    assert not well
    assert all(part in text for part in map(str, broken))


def test_check_says_that_it_is_off():
    off = Settings(source=str(DEMO), faces=FaceSettings(landmarks=()))
    found = {name: (well, text) for well, name, text in check(off)}
    assert found["points"] == (True, "off (landmarks in [faces])")


def test_what_is_off_is_not_loaded():
    assert open_marks(Settings(faces=FaceSettings(landmarks=())), Costs()) is None
    code = (
        "import sys; from device.service import open_marks; from device.config import *; "
        "from device.costs import Costs; "
        "open_marks(Settings(faces=FaceSettings(landmarks=())), Costs()); "
        "print('device.landmarks' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": python_path()},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"
