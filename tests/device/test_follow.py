"""The readings of a log as they come."""

import gzip
import json
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.errors import SourceError
from device.follow import follow

PATIENCE_S = 20.0


def text(*numbers: int) -> bytes:
    return b"".join(json.dumps({"face": number}).encode() + b"\n" for number in numbers)


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


class Stop(threading.Event):
    """Tells when it is waited for: then all that was there has been given."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_for = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_for.set()
        return super().wait(timeout)


@contextmanager
def following(path: Path, last: int = 10) -> Iterator[Callable[[], int]]:
    """Follow it in a thread; what is given returns the next reading's face."""
    found: queue.Queue[int] = queue.Queue()
    stop = Stop()

    def work() -> None:
        for record in follow(path, stop, last=last, every_s=0.01):
            found.put(record["face"])

    thread = threading.Thread(target=work, name="follow")
    thread.start()
    try:
        assert stop.waited_for.wait(PATIENCE_S)
        yield lambda: found.get(timeout=PATIENCE_S)
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def those_there(path: Path, last: int) -> list[int]:
    """The readings that are there when it begins."""
    append(path, text(0))
    with following(path, last + 1) as face:
        return [*iter(face, 0)]


def test_the_last_readings_are_given_then_each_new_one(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(*range(1, 21)))
    with following(path, last=3) as face:
        assert [face(), face(), face()] == [18, 19, 20]
        append(path, text(21))
        assert face() == 21
        append(path, text(22, 23))
        assert [face(), face()] == [22, 23]


def test_of_a_long_log_the_end_alone_is_given(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(*range(1, 200_001)))
    assert those_there(path, 2) == [199_999, 200_000]
    assert those_there(path, 50_000)[0] == 150_002  # behind it are a 0 and the last call's


def test_none_of_those_that_are_there_where_none_are_wanted(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1, 2))
    append(path, b'{"face": ')
    with following(path, last=1) as face:
        assert face() == 2
    with following(path, last=0) as face:
        append(path, b"3}\n")
        assert face() == 3


def test_a_torn_end_is_waited_for(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1) + b'{"fa')
    with following(path) as face:
        assert face() == 1
        append(path, b'ce": 2')
        append(path, b"}\n" + text(3))
        assert [face(), face()] == [2, 3]


def test_a_torn_end_that_is_cut_off_spoils_nothing(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1) + b'{"face": 9999, "to')
    with following(path) as face:
        assert face() == 1
        os.truncate(path, len(text(1)))
        append(path, text(2, 3))
        assert [face(), face()] == [2, 3]


def test_what_is_no_reading_is_left_out(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1) + b"hello\n[1]\n\n\xff\n" + b"x" * 1_000_000 + b"\n" + text(2))
    assert those_there(path, 100) == [1, 2]
    with following(path, last=0) as face:
        append(path, b"x" * 1_000_000 + b"\n" + text(3))
        assert face() == 3


def test_it_goes_on_in_the_file_that_takes_its_place(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1))
    with following(path) as face:
        assert face() == 1
        for number in range(2, 30, 3):
            append(path, text(number))
            path.replace(tmp_path / "x.jsonl.1")
            append(path, text(number + 1, number + 2))
            assert [face(), face(), face()] == [number, number + 1, number + 2]


def test_it_goes_on_in_a_file_that_is_begun_anew(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1, 2, 3))
    with following(path) as face:
        assert [face(), face(), face()] == [1, 2, 3]
        os.truncate(path, 0)
        append(path, text(4))
        assert face() == 4


def test_after_a_rotation_the_last_are_those_that_were_put_aside(tmp_path):
    path = tmp_path / "x.jsonl"
    (tmp_path / "x.jsonl.2.gz").write_bytes(gzip.compress(text(1, 2, 3)))
    (tmp_path / "x.jsonl.1").write_bytes(text(4, 5))
    path.write_bytes(text(6))
    assert those_there(path, 4) == [3, 4, 5, 6]


def test_a_file_that_was_just_compressed_counts_once(tmp_path):
    path = tmp_path / "x.jsonl"
    (tmp_path / "x.jsonl.1").write_bytes(text(1, 2))
    (tmp_path / "x.jsonl.1.gz").write_bytes(gzip.compress(text(1, 2)))
    assert those_there(path, 10) == [1, 2]


def test_a_log_of_which_only_old_ones_are_left_is_waited_for(tmp_path):
    (tmp_path / "x.jsonl.1").write_bytes(text(1))
    with following(tmp_path / "x.jsonl") as face:
        assert face() == 1
        append(tmp_path / "x.jsonl", text(2))
        assert face() == 2


@pytest.mark.parametrize("name", ["none", "no/folder", "x" * 300, "a\0b"])
def test_a_log_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(SourceError, match=r"log .*" + name[:9]):
        next(follow(tmp_path / name, threading.Event()))


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(SourceError, match="it is no file"):
            next(follow(path, threading.Event()))


def test_a_damaged_one_that_was_put_aside_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1))
    (tmp_path / "x.jsonl.1.gz").write_bytes(gzip.compress(text(*range(1000)))[:-20])
    with pytest.raises(SourceError, match=r"x\.jsonl\.1\.gz: it is damaged"):
        next(follow(path, threading.Event()))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_log_without_permission_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(1))
    path.chmod(0)
    with pytest.raises(SourceError, match="permission denied: use sudo"):
        next(follow(path, threading.Event()))


def test_a_log_that_is_put_aside_while_it_is_opened_is_given_once(tmp_path):
    """Then the file that is open is listed among those put aside as well."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(text(2, 3))
    os.link(path, tmp_path / "x.jsonl.1")
    (tmp_path / "x.jsonl.2").write_bytes(text(1))
    with following(path) as face:
        append(path, text(4))
        assert [face() for _ in range(4)] == [1, 2, 3, 4]
