"""What looks on, put together as a user's command does it."""

import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from device.config import read_settings
from device.costs import Costs
from device.history import History
from device.onlookers import open_onlookers, open_screen_panel
from device.service import DEMO, find_camera, open_source
from device.sinks.screen import Panel
from device.sources.paced import Paced
from device.sources.video import Video
from device.stop import Stop
from tests.device.conftest import ROOT, python_path

no_camera = pytest.mark.skipif(find_camera() is not None, reason="this machine has a camera")


@contextmanager
def running(folder, *arguments):
    """``python -m device run`` with its page on a free port; gives the process and the link."""
    config = folder / "mien.toml"
    config.write_text("[page]\nport = 0\n")
    with subprocess.Popen(
        [sys.executable, "-m", "device", "run", "--config", config, "--screen", "off", *arguments],
        cwd=folder, env={"PYTHONPATH": python_path(), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            for line in process.stderr:
                if link := re.search(r"http://[\d.]+:\d+/", line):
                    yield process, link[0]
                    break
            else:
                pytest.fail("no link was printed")
        finally:
            process.kill()


@no_camera
def test_the_page_is_there_at_the_link_that_is_printed_and_a_signal_ends_all(tmp_path):
    with running(tmp_path, "--web") as (process, link):
        device = httpx.get(link + "api/device").json()
        assert device["source"] == str(DEMO)
        assert device["model"]["name"] == "mien"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@no_camera
def test_without_the_camera_that_is_wanted_the_page_says_so_and_goes_on(tmp_path):
    with running(tmp_path, "--web", "--source", "camera") as (process, link):
        assert httpx.get(link + "api/now").json()["state"] == "no_picture"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_history_goes_on_from_run_to_run(mien, tmp_path):
    for _ in range(2):
        done = mien("run", "--source", DEMO, "--state", "state", "--duration", "4")
        assert (done.returncode, done.stderr.count("\n")) == (0, 2)
    with History(tmp_path / "state" / "history.db", read_only=True) as history:
        first, second = history.heads()
    assert (first.watched_s, second.watched_s) == pytest.approx((4, 4), abs=0.2)


def test_who_looks_seldom_counts_all_the_time(mien, tmp_path):
    (tmp_path / "slow.toml").write_text("look_hz = 0.3\nrate_hz = 0.3\n")
    mien("run", "--config", "slow.toml", "--source", DEMO, "--state", "state", "--duration", "10")
    with History(tmp_path / "state" / "history.db", read_only=True) as history:
        (only,) = history.heads()
    assert only.watched_s > 8


def test_a_folder_that_cannot_be_used_is_said(mien):
    done = mien("run", "--source", DEMO, "--state", "/dev/null/x", "--duration", "1")
    assert done.returncode == 2
    assert "/dev/null/x" in done.stderr.splitlines()[-1]


def test_who_only_reads_loads_nothing_of_it(tmp_path):
    script = (
        "import sys; from device.__main__ import main; "
        f"main(['run', '--source', {str(DEMO)!r}, '--duration', '1']); "
        "print(sorted({'sqlite3', 'starlette', 'uvicorn', 'pygame', 'freetype'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={"PYTHONPATH": python_path()},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


class Blank(Panel):
    """A panel that nobody sees."""

    size_px = (320, 240)

    def show(self, picture):
        pass


@pytest.mark.parametrize(
    ("spoken", "caption"), [("en", "Password: "), ("fr", "Mot de passe\u00a0: ")]
)
def test_a_password_that_was_made_up_stands_on_the_screen_with_the_address(
    monkeypatch, model, spoken, caption
):
    shown = []
    monkeypatch.setattr("device.sinks.screen.Screen.notice", lambda _, lines: shown.append(lines))
    page = {"host": "0.0.0.0", "port": 0}  # noqa: S104 - as somebody in a home sets it
    settings = read_settings(None, web=True, language=spoken, page=page)
    with ExitStack() as parts, Video(DEMO) as source:
        costs, stop = Costs(), Stop()
        sinks = open_onlookers(settings, source, model, costs, Blank(), stop, parts)
        (web,) = [sink for sink in sinks if sink.name == "web"]
        assert shown == [[web.url, caption + web.password]]


def test_a_film_is_no_reason_to_open_a_screen():
    settings = read_settings(None, screen="auto", source="film.mp4")
    assert open_screen_panel(settings, recording=True) is None
    assert open_screen_panel(read_settings(None, screen="off"), recording=False) is None


@no_camera
def test_what_lasts_plays_recordings_at_their_own_pace():
    for spec in ("auto", str(DEMO)):
        settings = read_settings(None, source=spec)
        with open_source(settings, lasting=True) as lasting, open_source(settings) as alone:
            assert isinstance(lasting, Paced)
            assert isinstance(alone, Video)
