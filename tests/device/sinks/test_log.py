import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from device.errors import SinkError
from device.records import Face, Frame, Reading
from device.sinks.log import Log
from tests.device.conftest import ROOT, python_path


def reading(number: int = 1) -> Reading:
    return Reading(
        datetime(2026, 1, 2, 11, 11, 11, 123456, timezone(timedelta(hours=1))),
        float(number),
        Face(number, (1, 2, 30, 40)),
        "happy",
        {"happy": 0.73214, "sad": 0.26786},
        {"happy": 0.5, "sad": 0.5},
        "mien-0123abcd",
    )


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_holds_the_whole_reading(tmp_path):
    path = tmp_path / "x.jsonl"
    with Log(path) as log:
        log.write([reading(7)])
        assert lines(path) == [
            {
                "time": "2026-01-02T11:11:11.123+01:00",
                "media_time_s": 7.0,
                "face": 7,
                "box_xyxy": [1, 2, 30, 40],
                "angle_deg": 0,
                "still": False,
                "emotion": "happy",
                "probability": 0.7321,
                "probabilities": {"happy": 0.7321, "sad": 0.2679},
                "model": "mien-0123abcd",
            }
        ]


def test_raw_answers_are_logged_one_and_all_where_that_is_wanted(tmp_path):
    frame = Frame(np.zeros((4, 4), np.uint8), 0.0)
    for raw in (False, True):
        with Log(tmp_path / f"{raw}.jsonl", raw=raw) as log:
            log.see(frame, [])
            log.see(frame, [reading(1), reading(2)])
            log.see(frame, [reading(1)])
            log.write([reading(1)])
    (calm,) = lines(tmp_path / "False.jsonl")
    assert "raw_probabilities" not in calm
    assert [
        (line["face"], line["raw_probabilities"]) for line in lines(tmp_path / "True.jsonl")
    ] == [(face, {"happy": 0.5, "sad": 0.5}) for face in (1, 2, 1)]


def test_what_was_there_stays(tmp_path):
    path = tmp_path / "x.jsonl"
    for number in (1, 2):
        with Log(path) as log:
            log.write([reading(number)])
    assert [line["face"] for line in lines(path)] == [1, 2]


def test_a_torn_last_line_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"time": "2026-01-02T11:1')
    with Log(path) as log:
        log.write([reading(5)])
    assert json.loads(path.read_text().splitlines()[1])["face"] == 5


def test_lines_are_on_the_disk_when_write_returns(tmp_path, monkeypatch):
    """What a power cut would leave cannot be seen from here; that the kernel was asked can."""
    asked = []
    monkeypatch.setattr(os, "fdatasync", lambda file: asked.append(os.fstat(file).st_size))
    path = tmp_path / "x.jsonl"
    with Log(path) as log:
        log.write([reading(1), reading(2)])
    assert asked == [path.stat().st_size]


def test_others_cannot_read_it(tmp_path):
    with Log(tmp_path / "x.jsonl"):
        assert (tmp_path / "x.jsonl").stat().st_mode & 0o007 == 0


class TestRotation:
    def test_nothing_is_lost_and_order_is_kept(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=700, keep=99) as log:
            for number in range(1, 21):
                log.write([reading(number)])
        files = sorted(
            (p for p in tmp_path.iterdir() if p != path), key=lambda p: -int(p.suffix[1:])
        )
        assert len(files) > 3
        assert all(p.stat().st_size <= 700 for p in [*files, path])
        faces = [line["face"] for p in [*files, path] for line in lines(p)]
        assert faces == list(range(1, 21))

    def test_only_so_many_are_kept(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=300, keep=2) as log:
            for number in range(1, 11):
                log.write([reading(number)])
        assert sorted(p.name for p in tmp_path.iterdir()) == ["x.jsonl", "x.jsonl.1", "x.jsonl.2"]
        assert [line["face"] for line in lines(path)] == [10]

    def test_a_smaller_number_to_keep_removes_the_oldest(self, tmp_path):
        path = tmp_path / "x.jsonl"
        for keep in (5, 2):
            with Log(path, max_bytes=300, keep=keep) as log:
                for number in range(1, 11):
                    log.write([reading(number)])
        assert sorted(p.name for p in tmp_path.iterdir()) == ["x.jsonl", "x.jsonl.1", "x.jsonl.2"]

    def test_a_log_behind_a_link_stays_where_it_is(self, tmp_path):
        (tmp_path / "stick").mkdir()
        path = tmp_path / "x.jsonl"
        path.symlink_to("stick/real.jsonl")
        with Log(path, max_bytes=300, keep=9) as log:
            for number in range(1, 4):
                log.write([reading(number)])
        assert path.is_symlink()
        names = sorted(p.name for p in (tmp_path / "stick").iterdir())
        assert names == ["real.jsonl", "real.jsonl.1", "real.jsonl.2"]

    def test_a_file_that_logrotate_moved_is_begun_anew(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path) as log:
            log.write([reading(1)])
            path.rename(tmp_path / "moved")
            log.write([reading(2)])
            path.unlink()
            log.write([reading(3)])
        assert [line["face"] for line in lines(tmp_path / "moved")] == [1]
        assert [line["face"] for line in lines(path)] == [3]

    def test_tail_follows_across_it(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=300, keep=9) as log:
            log.write([reading(1)])
            with subprocess.Popen(
                ["tail", "-n", "+1", "-s", "0.1", "-F", path],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            ) as tail:  # fmt: skip
                seen = []
                # The next is written once the last was seen: tail misses none, nor shows one twice.
                for number in range(1, 6):
                    seen.append(json.loads(tail.stdout.readline())["face"])
                    log.write([reading(number + 1)])
                tail.kill()
        assert seen == [1, 2, 3, 4, 5]


class TestTroubles:
    def test_a_missing_folder_is_named(self, tmp_path):
        path = tmp_path / "none" / "x.jsonl"
        with pytest.raises(SinkError, match=f"cannot write the log {path}: no such file"):
            Log(path)

    def test_a_folder_in_its_place_is_named(self, tmp_path):
        with pytest.raises(SinkError, match="is a directory"):
            Log(tmp_path)

    def test_a_full_device_is_named(self):
        with Log(Path("/dev/full")) as log, pytest.raises(SinkError, match="no space left"):
            log.write([reading()])

    def test_a_pipe_can_be_written_to(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with Log(tmp_path / "pipe") as log, (tmp_path / "pipe").open() as reader:
            log.write([reading(3)])
            assert json.loads(reader.readline())["face"] == 3

    def test_a_second_writer_is_refused(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path) as log:
            with pytest.raises(SinkError, match="another program writes it"):
                Log(path)
            log.write([reading(1)])
        with Log(path) as log:
            log.write([reading(2)])
        assert [line["face"] for line in lines(path)] == [1, 2]

    def test_a_link_in_a_circle_is_named(self, tmp_path):
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(SinkError, match="cannot write the log"):
            Log(tmp_path / "a")

    def test_a_full_disk_leaves_whole_lines(self, tmp_path):
        """A limit on the file's size stops a write in the middle, as a full disk does."""
        path = tmp_path / "x.jsonl"
        script = (
            "import resource, signal, sys; from pathlib import Path\n"
            "from tests.device.sinks.test_log import Log, reading\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "log = Log(Path(sys.argv[1]))\n"
            "for number in range(1, 100): log.write([reading(number)])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, path],
            cwd=ROOT, env={"PYTHONPATH": python_path()},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "SinkError" in done.stderr.splitlines()[-1]
        assert path.read_bytes().endswith(b"\n")
        faces = [line["face"] for line in lines(path)]
        assert faces == list(range(1, len(faces) + 1))
        assert faces

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_without_permission_is_named(self, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(SinkError, match="permission denied"):
            Log(tmp_path / "x.jsonl")


def test_closing_twice_is_fine(tmp_path):
    log = Log(tmp_path / "x.jsonl")
    log.close()
    log.close()
