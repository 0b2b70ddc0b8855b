"""Each way on which a picture leaves: what is hidden is hidden there."""

import re
import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace

import cv2
import httpx
import numpy as np
import pytest

from device.check import check
from device.config import Settings, read_settings
from device.costs import Costs
from device.drawing import draw
from device.errors import ConfigError
from device.faces import PROFILE, FaceFinder, cascade, cascade_path
from device.onlookers import open_veil
from device.service import DEMO, build_pipeline
from device.sinks.base import Sink
from device.sinks.screen import Screen, screen
from device.sources.synthetic import Synthetic
from device.sources.video import Video
from device.veil import marker
from tests.device.conftest import python_path
from tests.device.sinks.screen.conftest import Told
from tests.device.sinks.screen.test_screen import FAST, Paper
from tests.device.waiting import until

# Labels and boxes are drawn over a picture: this is well away from them.
AWAY = 60


def settings(tmp_path, text):
    path = tmp_path / "mien.toml"
    path.write_text(f"[picture]\n{text}\n")
    return read_settings(path)


class Keeps(Sink):
    def __init__(self):
        self.frames = []

    def see(self, frame, readings):
        self.frames.append((frame, list(readings)))

    def write(self, readings):
        pass


def still(picture):
    """A source of one picture, a while long."""
    return Synthetic([picture], rate_hz=100, frames=45)


def seen(settings, source, model):
    """What sinks are given of a source, with the veil that the settings ask for."""
    keeps = Keeps()
    veil = open_veil(settings, source, Costs())
    pipeline = build_pipeline(settings, source, model, [keeps], Costs(), veil=veil)
    pipeline.run(threading.Event(), 3)
    return keeps.frames


def outside(shape, boxes):
    """Which pixels are far from all boxes: bool (height, width)."""
    there = np.ones(shape[:2], bool)
    for left, top, right, bottom in boxes:
        there[max(0, top - AWAY) : bottom + AWAY, max(0, left - AWAY) : right + 2 * AWAY] = False
    return there


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_without_settings_there_is_no_veil_and_the_frame_is_the_sources_own(model, tmp_path):
    with Video(DEMO) as video:
        assert open_veil(Settings(), video, Costs()) is None
        frames = seen(Settings(), video, model)
    assert all(type(frame).__name__ == "Frame" for frame, _ in frames)


def test_no_sink_is_given_what_is_hidden(model, tmp_path):
    with Video(DEMO) as video:
        frames = seen(settings(tmp_path, 'background = "black"'), video, model)
    assert len(frames) > 20
    assert sum(bool(readings) for _, readings in frames) > 15
    for frame, readings in frames:
        boxes = [reading.face.box_xyxy for reading in readings]
        assert not frame.bgr[outside(frame.bgr.shape, boxes)].any()
        assert frame.bgr.any() == bool(readings)


def test_no_sink_is_given_a_face_where_faces_are_hidden(model, tmp_path):
    finder = FaceFinder()
    with Video(DEMO) as video:
        frames = seen(settings(tmp_path, 'faces = "blur"'), video, model)
    assert not [frame.time_s for frame, _ in frames if finder.find(frame.grey)]
    # The rest is there.
    assert all(frame.bgr[300:, :100].std() > 1 for frame, _ in frames)


def test_the_attached_screen_draws_faces_on_black(model, demo_frames, tmp_path, monkeypatch):
    drawn = []

    def note(scene, size_px, look):
        drawn.append(scene)
        return draw(scene, size_px, look)

    monkeypatch.setattr(screen, "draw", note)
    paper, frames = Paper(), [frame.grey for frame in demo_frames[:1]]
    with Screen(paper, Told(), FAST, "en", leave=lambda: None) as sink:
        source = Synthetic(frames, rate_hz=20, frames=40)
        veil = open_veil(settings(tmp_path, 'background = "black"'), source, Costs())
        pipeline = build_pipeline(Settings(), source, model, [sink], Costs(), veil=veil)
        pipeline.run(threading.Event())
        until(lambda: any(scene.readings for scene in drawn) and paper.shown, "a face")
    assert all(scene.picture is None or scene.readings or not scene.picture.any()
               for scene in drawn)  # fmt: skip
    with_faces = [scene for scene in drawn if scene.readings]
    for scene in with_faces:
        boxes = [reading.face.box_xyxy for reading in scene.readings]
        assert scene.picture.any()
        assert not scene.picture[outside(scene.picture.shape, boxes)].any()


def test_the_program_hides_what_it_is_told_to(tmp_path):
    (tmp_path / "mien.toml").write_text("[page]\nport = 0\n")
    with subprocess.Popen(
        [sys.executable, "-m", "device", "run", "--config", "mien.toml", "--screen", "off",
         "--source", str(DEMO), "--web", "--background", "black"],
        cwd=tmp_path, env={"PYTHONPATH": python_path(), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            link = next(found[0] for line in process.stderr
                        if (found := re.search(r"http://[\d.]+:\d+/", line)))  # fmt: skip
            until(lambda: httpx.get(link + "api/now").json()["faces"], "a face")
            picture = decoded(httpx.get(link + "picture.jpg").content)
            # The clip's face is in the middle: its corners are a sky without her.
            assert not picture[:60, :150].any()
            assert not picture[300:, 500:].any()
            assert picture.any()
        finally:
            process.kill()


@pytest.mark.parametrize("trouble", ["missing", "damaged"])
def test_a_mask_that_cannot_be_used_is_told_and_ovals_take_its_place(
    trouble, monkeypatch, tmp_path, model, caplog
):
    path = tmp_path / "mask.tflite"
    if trouble == "damaged":
        path.write_bytes(marker.MASK.read_bytes()[:-5000])
    monkeypatch.setattr(marker, "MASK", path)
    with Video(DEMO) as video:
        frames = seen(settings(tmp_path, 'background = "black"'), video, model)
    for frame, readings in frames:
        boxes = [reading.face.box_xyxy for reading in readings]
        assert not frame.bgr[outside(frame.bgr.shape, boxes)].any()
        assert frame.bgr.any() == bool(readings)
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]


def test_check_says_what_is_hidden_and_what_is_wrong(mien, tmp_path, monkeypatch):
    off = mien("check", "--source", DEMO)
    assert "ok   picture  shown as it is" in off.stdout
    hidden = mien("check", "--source", DEMO, "--background", "blur", "--faces", "blur")
    assert re.search(r"ok   picture  background blurred, .* mask-\w+, faces blurred", hidden.stdout)
    wrong = mien("check", "--source", DEMO, "--background", "grey")
    assert wrong.returncode == 2
    assert "--background: invalid choice: 'grey'" in wrong.stderr
    assert "black" in wrong.stderr


def test_without_the_cascade_of_profiles_no_faces_are_hidden_and_check_says_so(
    tmp_path, monkeypatch
):
    shutil.copy(cascade_path(), tmp_path)
    monkeypatch.setattr(cascade, "_DEBIAN_CASCADES", tmp_path)
    data = SimpleNamespace(haarcascades=str(tmp_path))
    monkeypatch.setattr(cv2, "data", data, raising=False)
    hides = settings(tmp_path, 'faces = "blur"')
    found = {name: (well, text) for well, name, text in check(hides)}
    assert found["faces"][0]
    assert found["picture"] == (False, f"{PROFILE} not found in {tmp_path}: "
                                "install the package opencv-data")  # fmt: skip
    with Video(DEMO) as video:
        with pytest.raises(ConfigError, match=PROFILE):
            open_veil(hides, video, Costs())
        # Who hides the background alone does without.
        assert open_veil(settings(tmp_path, 'background = "black"'), video, Costs())


def test_an_option_wins_over_the_table_and_leaves_the_rest_of_it(tmp_path):
    path = tmp_path / "mien.toml"
    path.write_text('[picture]\nbackground = "blur"\nfaces = "blur"\n')
    picture = read_settings(path, picture={"background": "black", "faces": None}).picture
    assert (picture.background, picture.faces) == ("black", "blur")
