"""The commands, as a user's shell runs them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from device import __version__
from device.model import Model
from device.service import DEMO, find_camera
from tests.device.conftest import MODEL, ROOT, VIDEOS, python_path

LINE = re.compile(
    r"\d\d:\d\d:\d\ds : (Angry|Disgust|Fear|Happy|Sad|Surprise|Neutral|Uncertain) , \d{1,3}%"
)
real_videos = pytest.mark.skipif(not VIDEOS.is_dir(), reason="the test videos are not here")


def seconds(path: Path) -> list[int]:
    return [int(json.loads(line)["media_time_s"]) for line in path.read_text().splitlines()]


class TestRun:
    def test_every_reading_is_a_line_on_the_screen_and_in_the_log(self, mien, tmp_path):
        done = mien("run", "--source", DEMO, "--log", "x.jsonl")
        assert done.returncode == 0
        printed = done.stdout.splitlines()
        assert all(LINE.fullmatch(line) for line in printed)
        assert seconds(tmp_path / "x.jsonl") == [*range(12), 15, 16, 17, 18, 19]
        assert len(printed) == 17

    def test_the_log_has_all_that_is_promised(self, mien, tmp_path):
        mien("run", "--source", DEMO, "--log", "x.jsonl", "--duration", "2")
        first = json.loads((tmp_path / "x.jsonl").read_text().splitlines()[0])
        assert list(first) == [
            "time", "media_time_s", "face", "box_xyxy", "angle_deg", "still", "emotion",
            "probability", "probabilities", "model", "monotonic_s", "clock_synchronised", "boot",
        ]  # fmt: skip
        assert sum(first["probabilities"].values()) == pytest.approx(1, abs=0.001)
        assert first["probability"] == max(first["probabilities"].values())
        assert re.search(r"T\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$", first["time"])

    @pytest.mark.skipif(find_camera() is not None, reason="this machine has a camera")
    def test_without_a_camera_it_says_so_and_plays_the_demo(self, mien):
        done = mien("run", "--duration", "1")
        assert done.returncode == 0
        assert "no camera found: playing the demo clip" in done.stderr
        assert LINE.fullmatch(done.stdout.strip())

    def test_settings_come_from_the_file_and_the_command_line_wins(self, mien, tmp_path):
        (tmp_path / "mien.toml").write_text(f'source = "none.mp4"\nlog = "a"\nmodel = "{MODEL}"\n')
        done = mien("run", "--config", "mien.toml", "--source", DEMO, "--duration", "1")
        assert done.returncode == 0
        assert len(seconds(tmp_path / "a")) == 1

    def test_nobody_there_is_said(self, mien, tmp_path):
        cv2.imwrite(str(tmp_path / "a.png"), np.full((120, 160), 90, np.uint8))
        done = mien("run", "--source", tmp_path)
        assert (done.returncode, done.stdout) == (0, "")
        assert "no face found in 1 frames" in done.stderr

    def test_a_reader_that_goes_away_is_no_error(self, tmp_path):
        command = (
            f"{sys.executable} -m device run --source {DEMO} --log {tmp_path}/x.jsonl | head -1"
        )
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=ROOT, env={"PYTHONPATH": python_path(), "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert LINE.fullmatch(done.stdout.strip())
        assert done.returncode == 0
        assert "Error" not in done.stderr

    @real_videos
    def test_a_film_of_a_face_gives_a_reading_a_second(self, mien, tmp_path):
        mien("run", "--source", VIDEOS / "expressive_20s.mp4", "--log", "x.jsonl")
        assert len(seconds(tmp_path / "x.jsonl")) >= 19

    @real_videos
    def test_a_film_without_a_face_gives_none(self, mien, tmp_path):
        mien("run", "--source", VIDEOS / "no_face.mp4", "--log", "x.jsonl")
        assert seconds(tmp_path / "x.jsonl") == []

    @real_videos
    def test_readings_stop_where_the_man_leaves(self, mien, tmp_path):
        mien("run", "--source", VIDEOS / "face_leaves.mov", "--log", "x.jsonl")
        assert seconds(tmp_path / "x.jsonl") == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "--source", "none.mp4"], 1, "cannot read the video none.mp4: no such file"),
        (["run", "--source", "."], 1, ".: no images in this folder"),
        (["run", "--source", "picamera"], 1, "picamera2"),
        (["run", "--source", "99"], 1, "/dev/video99"),
        (["run", "--source", str(DEMO), "--model", "none.tflite"], 1, "model file none.tflite"),
        (["run", "--source", str(DEMO), "--model", str(DEMO)], 1, "not a model file"),
        (["run", "--source", str(DEMO), "--log", "no/x"], 2, "log = 'no/x': there is no folder"),
        (["run", "--config", "none.toml"], 2, "cannot read the settings none.toml"),
        (["run", "--source", ""], 2, "source = ''"),
        (["run", "--duration", "-1"], 2, "'-1': give a number of seconds above 0"),
        (["run", "--duration", "soon"], 2, "'soon': give a number of seconds above 0"),
        (["run", "--duration", "nan"], 2, "'nan': give a number of seconds above 0"),
        (["crops", "none.mp4", "out"], 1, "cannot read the video none.mp4"),
        (["crops", str(DEMO), "/dev/null/x"], 1, "cannot write /dev/null/x/image0.png"),
        (["run", "--web", "--screen", "tv"], 2, "screen = 'tv'"),
        (["run", "--source", str(DEMO), "--state", "/dev/null/x"], 2, "no folder /dev/null"),
        (["report"], 2, "no log given, and no history is kept"),
        (["report", "none.jsonl"], 1, "no log none.jsonl"),
        (["report", "--from", "soon"], 2, "no time 'soon'"),
        (["report", "--from", "2026-11-20", "--to", "2026-11-10"], 2, "is not before to"),
        (["dance"], 2, "invalid choice: 'dance'"),
        ([], 2, "COMMAND"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(mien, arguments, code, message):
    done = mien(*arguments)
    assert done.returncode == code
    assert message in done.stderr.splitlines()[-1]
    ours = [line for line in done.stderr.splitlines() if not line.startswith("reading ")]
    assert len(ours) == 1


def test_on_a_full_disk_readings_go_on_and_what_the_log_lacks_is_said(mien):
    done = mien("run", "--source", DEMO, "--log", "/dev/full", "--duration", "5")
    assert done.returncode == 0
    count = done.stdout.count("\n")
    warning, end = (line for line in done.stderr.splitlines() if "/dev/full" in line)
    assert "no space left on device: free some space: readings go on" in warning
    assert end.endswith(f"it lacks {count} lines")


def test_the_journal_has_events_and_no_readings(tmp_path):
    """As under systemd with StandardOutput=journal, which says so in JOURNAL_STREAM."""
    with (tmp_path / "journal").open("w+") as journal:
        status = os.fstat(journal.fileno())
        done = subprocess.run(
            [sys.executable, "-m", "device", "run", "--source", DEMO, "--log", tmp_path / "x"],
            cwd=ROOT, check=False, stdout=journal, stderr=journal,
            env=os.environ | {"PYTHONPATH": python_path(),
                              "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"},
        )  # fmt: skip
        journal.seek(0)
        said = journal.read().splitlines()
    assert done.returncode == 0
    assert (tmp_path / "x").read_text().count("\n") > 10
    assert said[0].startswith("<6>reading ")  # which source, and which model
    assert not [line for line in said if "%" in line]


def test_a_log_becomes_a_page_and_a_table(mien, tmp_path):
    mien("run", "--source", DEMO, "--log", "x.jsonl")
    done = mien("report", "x.jsonl", "--language", "fr", "--out", "r.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("r.html: 20")
    assert "Une statistique d" in (tmp_path / "r.html").read_text()
    assert (tmp_path / "r.csv").read_text().count("\n") > 3
    done = mien("report", "x.jsonl", "--out", "/dev/null/r.html")
    assert done.returncode == 1
    assert "cannot write /dev/null/r.html: not a directory: say where" in done.stderr
    assert "--out FILE" in done.stderr
    done = mien("report", "x.jsonl", "--out", ".")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--out: '.': give a file" in done.stderr


def test_a_password_is_kept_hashed_where_there_is_a_folder_and_printed_so_where_not(mien, tmp_path):
    done = mien("password", "--state", "state", input="correct horse\n")
    assert (done.returncode, done.stdout) == (
        0,
        "the password is kept in state/page.json: it holds from the next start\n",
    )
    kept = tmp_path / "state" / "page.json"
    assert "scrypt" in kept.read_text()
    assert "horse" not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert mien("password", input="correct horse\n").stdout.startswith("scrypt$")
    done = mien("password", input="short\n")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_check_says_what_screen_page_and_state_would_be(mien, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "c.toml").write_text(f"web = true\n[page]\nport = {port}\n")
        done = mien("check", "--config", "c.toml", "--screen", "off", "--state", "/dev/null/x")
    assert done.returncode == 1
    assert f"BAD  page     127.0.0.1 port {port}: cannot be used: address already in" in done.stdout
    assert "BAD  state    /dev/null/x: cannot be written: not a directory" in done.stdout
    assert "ok   screen   off" in done.stdout
    done = mien("check", "--config", "c.toml", "--screen", "off", "--state", tmp_path)
    assert f"ok   page     127.0.0.1 port {port} is free" in done.stdout
    assert f"ok   state    {tmp_path}, " in done.stdout


def test_check_knows_that_the_state_folder_is_made_at_the_first_start(mien, tmp_path):
    done = mien("check", "--screen", "off", "--state", tmp_path / "state")
    assert f"ok   state    {tmp_path}/state, to be made, " in done.stdout
    assert not (tmp_path / "state").exists()
    done = mien("check", "--screen", "off", "--state", tmp_path / "none" / "state")
    assert f"BAD  state    {tmp_path}/none/state: cannot be written: no such file" in done.stdout


def test_check_names_a_host_that_cannot_be_one(mien, tmp_path):
    (tmp_path / "c.toml").write_text('web = true\n[page]\nhost = "a..b"\n')
    done = mien("check", "--config", "c.toml", "--screen", "off")
    assert (done.returncode, done.stderr) == (1, "")
    assert "BAD  page     a..b port 8080: cannot be used: " in done.stdout


def test_check_leaves_no_window_open(tmp_path):
    """The process that has the window ends with the look at it, not with the program."""
    code = (
        "import os; from device.check import _screen; from device.config import Settings; "
        "print(_screen(Settings(source='camera', screen='window'))); os.waitpid(-1, os.WNOHANG)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"SDL_VIDEODRIVER": "dummy"},
    )  # fmt: skip
    assert done.stdout == "window\n"
    assert "ChildProcessError" in done.stderr


def test_lines_for_people_and_the_log_do_not_share_a_file(mien, tmp_path):
    with (tmp_path / "both").open("w") as both:
        done = subprocess.run(
            [sys.executable, "-m", "device", "run", "--source", DEMO, "--log", "/dev/stdout"],
            cwd=ROOT, env={"PYTHONPATH": python_path()},
            stdout=both, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "give another file" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">/dev/full"])
def test_closed_or_full_outputs_are_survived(closed, tmp_path):
    command = f"exec {sys.executable} -m device run --source {DEMO} --log {tmp_path}/x {closed}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env={"PYTHONPATH": python_path(), "PATH": "/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    if closed == ">/dev/full":
        assert done.returncode == 1
        assert "cannot print readings: no space left" in done.stderr
        assert len(seconds(tmp_path / "x")) == 1
    else:
        assert done.returncode == 0
        assert len(seconds(tmp_path / "x")) == 17


def signalled(number: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that is sent a signal as soon as it can take one, before it loads much."""
    script = (
        "import os, signal, sys\n"
        "from device import __main__ as program, commands\n"
        "settings = commands.read_settings\n"
        "def interrupted(*a, **k):\n"
        "    os.kill(os.getpid(), int(sys.argv.pop(1)))\n"
        "    return settings(*a, **k)\n"
        "commands.read_settings = interrupted\n"
        "sys.exit(program.main(sys.argv[2:]))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script, str(int(number)), *map(str, arguments)],
        cwd=ROOT, env={"PYTHONPATH": python_path()}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["run", "crops"])
def test_a_stop_while_starting_is_a_clean_end(tmp_path, number, command):
    arguments = ["run", "--source", DEMO] if command == "run" else ["crops", DEMO, tmp_path / "f"]
    done = signalled(number, *arguments)
    assert done.returncode == 0
    assert "%" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_report_that_takes_long_can_be_interrupted(tmp_path):
    done = signalled(signal.SIGINT, "report", tmp_path / "none.jsonl")
    assert (done.returncode, done.stderr) == (130, "mien: interrupted\n")


def test_a_traceback_comes_only_when_asked_for(mien):
    done = mien("run", "--source", "none.mp4", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_what_was_read_before_a_damage_is_kept(mien, tmp_path):
    """A film that is cut off behind its first half, where a player still opens it."""
    frames = cv2.VideoCapture(str(DEMO))
    writer = cv2.VideoWriter(
        str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 360)
    )
    for _ in range(150):
        writer.write(frames.read()[1])
    writer.release()
    content = (tmp_path / "v.avi").read_bytes()
    (tmp_path / "v.avi").write_bytes(content[: len(content) // 2])
    done = mien("run", "--source", "v.avi", "--log", "x.jsonl")
    assert done.returncode == 1
    assert "v.avi: damaged" in done.stderr
    assert len(done.stdout.splitlines()) == len(seconds(tmp_path / "x.jsonl")) >= 4


class TestCrops:
    def pictures(self, folder: Path) -> list[np.ndarray]:
        count = len(list(folder.iterdir()))
        return [cv2.imread(str(folder / f"image{i}.png"), -1) for i in range(count)]

    def test_one_picture_a_second_of_the_face(self, mien, tmp_path):
        done = mien("crops", DEMO, "faces")
        assert (done.returncode, done.stdout) == (0, "17 pictures in faces\n")
        pictures = self.pictures(tmp_path / "faces")
        assert all(p.shape == (48, 48) and p.dtype == np.uint8 for p in pictures)
        # The same face each time, centred: all look alike, whatever its place and size.
        first = pictures[0].astype(float)
        alike = [np.corrcoef(first.ravel(), p.ravel())[0, 1] for p in pictures]
        assert min(alike) > 0.7

    def test_pictures_of_an_earlier_call_do_not_stay(self, mien, tmp_path):
        mien("crops", DEMO, "faces")
        (tmp_path / "faces" / "notes.txt").write_text("mine")
        cv2.imwrite(str(tmp_path / "one.png"), cv2.VideoCapture(str(DEMO)).read()[1])
        done = mien("crops", tmp_path, "faces")
        assert done.stdout == "1 pictures in faces\n"
        names = sorted(path.name for path in (tmp_path / "faces").iterdir())
        assert names == ["image0.png", "notes.txt"]

    def test_no_face_at_all_is_a_failure(self, mien, tmp_path):
        cv2.imwrite(str(tmp_path / "a.png"), np.full((120, 160), 90, np.uint8))
        done = mien("crops", tmp_path, "faces")
        assert done.returncode == 1
        assert "no face found" in done.stderr

    @real_videos
    def test_twenty_seconds_give_twenty_pictures(self, mien, tmp_path):
        mien("crops", VIDEOS / "expressive_20s.mp4", "faces")
        assert len(self.pictures(tmp_path / "faces")) in (20, 21)


class TestCheck:
    def test_a_machine_that_is_well(self, mien, tmp_path):
        done = mien("check", "--log", "x.jsonl")
        assert done.returncode == 0
        names = [line.split()[1] for line in done.stdout.splitlines()]
        assert names == [
            "Mien", "cameras", "source", "model", "runtime", "faces", "points", "log", "screen",
            "page", "picture", "state", "mqtt",
        ]  # fmt: skip
        assert all(line.startswith("ok ") for line in done.stdout.splitlines())
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--model", "none.tflite"], "model"),
            (["--source", "picamera"], "source"),
            (["--log", "none/x.jsonl"], "log"),
        ],
    )
    def test_what_is_not_well_is_marked(self, mien, arguments, message):
        done = mien("check", *arguments)
        assert done.returncode == 1
        assert any(line.startswith(f"BAD  {message} ") for line in done.stdout.splitlines())


def test_without_its_packages_it_says_which_python_to_use():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "device", "check"],
        cwd=ROOT, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("mien: msgspec is not installed here: use .venv/bin/python")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has no threads to spare")
def test_small_matrices_keep_no_second_core_busy():
    code = "from device.__main__ import main; main(['check']); import os; "
    code += "print(len(os.listdir('/proc/self/task')))"
    unset = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}

    def threads(**variables: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=unset | variables,
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return int(done.stdout.splitlines()[-1])

    assert threads() < threads(OPENBLAS_NUM_THREADS="2")


def test_the_version(mien):
    assert mien("--version").stdout == f"Mien {__version__}\n"


def test_bench_says_what_each_stage_costs(mien):
    done = mien("bench", "--source", DEMO, "--duration", "2")
    assert (done.returncode, done.stderr) == (0, f"reading {DEMO} with {Model(MODEL).id}\n")
    table = re.findall(r"^(\w+) +(\d+) +([\d.]+) +([\d.]+)$", done.stdout, re.MULTILINE)
    counts = {stage: int(times) for stage, times, _, _ in table}
    assert counts["find"] == counts["log"] == counts["console"] == 30
    assert counts["crop"] == counts["infer"] == counts["smooth"] == 29
    assert counts["capture"] >= 30
    assert all(float(median) <= float(high) for _, _, median, high in table)
    assert re.search(r"^memory: \d+ MB; capture: ", done.stdout, re.MULTILINE)
