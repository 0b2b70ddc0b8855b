import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from device import clock
from device.aside import open_plain, put_aside
from device.errors import SinkError
from device.records import Frame
from device.sinks.log import Log
from tests.device.conftest import ROOT, python_path
from tests.device.sinks.log.readings import faces, lines, names, reading, wait_until


def test_a_line_holds_the_whole_reading_and_when_it_was_written(tmp_path):
    path = tmp_path / "x.jsonl"
    before_s = time.monotonic()
    with Log(path) as log:
        log.write([reading(7)])
        (line,) = lines(path)
    assert round(before_s, 3) <= line.pop("monotonic_s") <= time.monotonic() + 0.001
    assert line.pop("clock_synchronised") == clock.is_synchronised()
    assert line == {
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
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text()[:8],
    }


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


def test_its_pulse_shows_whether_the_card_answers(tmp_path, monkeypatch):
    syncing, released = threading.Event(), threading.Event()
    sync = os.fdatasync

    def hang(file):
        syncing.set()
        released.wait(20)
        sync(file)

    monkeypatch.setattr(os, "fdatasync", hang)
    with Log(tmp_path / "x.jsonl", sync_s=0.01) as log:
        log.write([reading(1)])
        assert syncing.wait(20)
        assert log.pulse() is not None
        assert log.pulse() == log.pulse()
        released.set()
        wait_until(lambda: log.pulse() is None)


def test_what_was_there_stays(tmp_path):
    path = tmp_path / "x.jsonl"
    for number in (1, 2):
        with Log(path) as log:
            log.write([reading(number)])
    assert [line["face"] for line in lines(path)] == [1, 2]


def test_a_torn_last_line_is_cut_off_and_that_is_said(tmp_path, caplog):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"face": 1}\n{"time": "2026-01-02T11:1')
    with Log(path) as log:
        log.write([reading(5)])
    assert faces(path) == [1, 5]
    (said,) = caplog.messages
    assert f"the log {path}: its end was torn" in said
    assert "25 bytes" in said


def test_of_a_log_that_was_closed_well_nothing_is_said(tmp_path, caplog):
    for number in (1, 2):
        with Log(tmp_path / "x.jsonl") as log:
            log.write([reading(number)])
    assert not caplog.messages


def test_others_cannot_read_it(tmp_path):
    with Log(tmp_path / "x.jsonl"):
        assert (tmp_path / "x.jsonl").stat().st_mode & 0o007 == 0


class TestRotation:
    def test_nothing_is_lost_and_order_is_kept(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=800, keep=99) as log:
            for number in range(1, 21):
                log.write([reading(number)])
        assert faces(path) == list(range(1, 21))
        assert len(names(tmp_path)) > 4
        for each in put_aside(path):
            with open_plain(each) as file:
                assert len(file.read()) <= 800

    def test_what_was_put_aside_is_compressed(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=700) as log:
            for number in range(1, 7):
                log.write([reading(number)])
            wait_until(lambda: names(tmp_path) == ["x.jsonl", "x.jsonl.1.gz", "x.jsonl.2.gz"])
            assert faces(path) == [1, 2, 3, 4, 5, 6]
        for name in ("x.jsonl.1.gz", "x.jsonl.2.gz"):
            assert subprocess.run(["gzip", "-t", tmp_path / name], check=True).returncode == 0
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o640

    def test_many_lines_at_once_are_several_files(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=1000) as log:
            log.write([reading(number) for number in range(1, 21)])
        assert faces(path) == list(range(1, 21))
        assert path.stat().st_size <= 1000

    def test_only_so_many_are_kept(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=300, keep=2) as log:
            for number in range(1, 11):
                log.write([reading(number)])
        assert faces(path) == [8, 9, 10]

    def test_a_smaller_number_to_keep_removes_the_oldest(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=300, keep=5) as log:
            for number in range(1, 11):
                log.write([reading(number)])
        with Log(path, max_bytes=300, keep=2):
            assert faces(path) == [8, 9, 10]

    def test_none_are_kept_where_none_are_wanted(self, tmp_path):
        path = tmp_path / "x.jsonl"
        with Log(path, max_bytes=700, keep=0) as log:
            for number in range(1, 6):
                log.write([reading(number)])
        assert names(tmp_path) == ["x.jsonl"]
        assert faces(path) == [5]

    def test_a_log_behind_a_link_stays_where_it_is(self, tmp_path):
        (tmp_path / "stick").mkdir()
        path = tmp_path / "x.jsonl"
        path.symlink_to("stick/real.jsonl")
        with Log(path, max_bytes=300, keep=9) as log:
            for number in range(1, 4):
                log.write([reading(number)])
        assert path.is_symlink()
        assert faces(tmp_path / "stick" / "real.jsonl") == [1, 2, 3]
        assert len(names(tmp_path / "stick")) == 3

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

    def test_on_a_full_device_readings_go_on(self, caplog):
        with Log(Path("/dev/full")) as log:
            for number in range(1, 4):
                log.write([reading(number)])
        warning, end = caplog.messages
        assert warning == (
            "cannot write the log /dev/full: no space left on device: free some space: "
            "readings go on"
        )
        assert end == "could not write the log /dev/full: it lacks 3 lines"

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

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_without_permission_is_named(self, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(SinkError, match="permission denied"):
            Log(tmp_path / "x.jsonl")


def test_closing_twice_is_fine(tmp_path):
    log = Log(tmp_path / "x.jsonl")
    log.close()
    log.close()


def test_a_write_that_stops_in_the_middle_leaves_whole_lines_and_is_counted(tmp_path):
    """A limit on the file's size does that, as a disk may that gets full."""
    path = tmp_path / "x.jsonl"
    script = (
        "import logging, resource, signal, sys; from pathlib import Path\n"
        "from tests.device.sinks.log.test_sink import Log, reading\n"
        "logging.basicConfig(format='%(message)s')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with Log(Path(sys.argv[1])) as log:\n"
        "    for number in range(1, 100): log.write([reading(number)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path],
        cwd=ROOT, env={"PYTHONPATH": python_path()}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = faces(path)
    assert found == list(range(1, len(found) + 1))
    assert found
    warning, end = done.stderr.splitlines()
    assert "file too large: free some space: readings go on" in warning
    assert end.endswith(f"it lacks {99 - len(found)} lines")


@pytest.mark.parametrize("jump_s", [200 * 86400, -200 * 86400])
def test_a_clock_that_jumps_neither_rotates_nor_keeps_from_rotating(tmp_path, monkeypatch, jump_s):
    """Months forth and back; the clock that nobody sets goes on by seconds."""
    ran_s, wall_s = [1000.0], [1.8e9]
    monkeypatch.setattr(clock, "now", lambda: clock.Moment(ran_s[0], True, "b"))
    monkeypatch.setattr(time, "time", lambda: wall_s[0])
    path = tmp_path / "x.jsonl"
    with Log(path, max_age_s=3600) as log:
        for number in range(1, 61):
            log.write([reading(number)])
            ran_s[0] += 59
            wall_s[0] += jump_s * (-1) ** number
        assert names(tmp_path) == ["x.jsonl"]
        ran_s[0] += 120
        log.write([reading(61)])
        assert lines(path)[0]["face"] == 61
        assert faces(path) == list(range(1, 62))


def test_one_that_keeps_no_old_files_and_is_emptied_for_its_age_is_young_again(
    tmp_path, monkeypatch
):
    ran_s = [1000.0]
    monkeypatch.setattr(clock, "now", lambda: clock.Moment(ran_s[0], True, "b"))
    path = tmp_path / "x.jsonl"
    with Log(path, keep=0, max_age_s=60) as log:
        for number in range(1, 9):
            log.write([reading(number)])
            ran_s[0] += 20
    assert faces(path) == [7, 8]
