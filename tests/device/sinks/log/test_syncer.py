"""How often the disk is told to keep what was written, and what of."""

import errno
import itertools
import os
import threading
import time
from pathlib import Path

import pytest

from device.sinks.log import Log
from device.sinks.log.syncer import Syncer
from device.sinks.log.troubles import Troubles
from tests.device.sinks.log.readings import PATIENCE_S, faces, reading, wait_until


@pytest.fixture
def synced(monkeypatch):
    """When the kernel was asked, and how much was in the file. A power cut is not to be had."""
    asked, real = [], os.fdatasync

    def fdatasync(file: int) -> None:
        asked.append((time.monotonic(), os.fstat(file).st_size, threading.current_thread().name))
        real(file)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    return asked


def test_what_is_written_is_synced_soon_after_by_another_thread(tmp_path, synced):
    path = tmp_path / "x.jsonl"
    with Log(path, sync_s=0.1) as log:
        log.write([reading(1), reading(2)])
        wait_until(lambda: bool(synced))
    assert synced[0][1] == path.stat().st_size
    assert {thread for _, _, thread in synced} == {"log syncer"}


def test_it_is_synced_no_more_often_than_is_wanted(tmp_path, synced):
    with Log(tmp_path / "x.jsonl", sync_s=0.2) as log:
        numbers = itertools.count(1)

        def some_more() -> bool:
            log.write([reading(next(numbers))])
            return len(synced) > 3

        wait_until(some_more)
    times_s = [at_s for at_s, _, _ in synced[:-1]]  # closing waits for no time
    assert all(later_s - before_s > 0.199 for before_s, later_s in itertools.pairwise(times_s))


def test_closing_syncs_the_rest_at_once(tmp_path, synced):
    path = tmp_path / "x.jsonl"
    with Log(path, sync_s=3600.0) as log:
        log.write([reading(1)])
        log.write([reading(2)])
    assert synced[-1][1] == path.stat().st_size


def test_at_the_end_lines_need_not_wait_for_what_is_compressed(
    tmp_path, monkeypatch, synced, caplog
):
    compressing, real = threading.Event(), os.fsync
    path = tmp_path / "x.jsonl"

    def fsync(file: int) -> None:
        if threading.current_thread().name == "log compressor" and not compressing.is_set():
            compressing.set()  # a slow card: it ends once the last lines are on the disk
            wait_until(lambda: synced[-1:] and synced[-1][1] == path.stat().st_size)
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with Log(path, sync_s=3600.0, max_bytes=10_000) as log:
        log.write([reading(number) for number in range(1, 61)])
        assert compressing.wait(PATIENCE_S)
    assert faces(path) == list(range(1, 61))
    assert not caplog.messages


def test_what_was_put_aside_is_synced_as_well(tmp_path, synced):
    path = tmp_path / "x.jsonl"
    with Log(path, sync_s=3600.0, max_bytes=10_000) as log:
        log.write([reading(number) for number in range(1, 51)])
    sizes = [size for _, size, _ in synced]
    assert len(sizes) >= 2
    assert max(sizes) > 9_000


def test_a_card_that_takes_long_holds_up_no_reading(tmp_path, monkeypatch):
    hangs, goes_on = threading.Event(), threading.Event()

    def fdatasync(file: int) -> None:
        hangs.set()
        goes_on.wait(PATIENCE_S)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    path = tmp_path / "x.jsonl"
    with Log(path, max_bytes=10_000) as log:
        log.write([reading(1)])
        assert hangs.wait(PATIENCE_S)
        for number in range(2, 101):
            log.write([reading(number)])  # comes back, also from a rotation
        assert not goes_on.is_set()
        goes_on.set()


def test_what_the_disk_refuses_is_said_once(tmp_path, monkeypatch, caplog):
    tried = []

    def fdatasync(file: int) -> None:
        tried.append(file)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    path = tmp_path / "x.jsonl"
    with Log(path, sync_s=0.1) as log:
        for number in range(1, 4):
            log.write([reading(number)])
            wait_until(lambda number=number: len(tried) >= number)
    assert caplog.messages == [
        f"cannot synchronise the log {path}: input/output error: see to the disk: readings go on"
    ]


def test_a_folder_that_has_gone_is_said_and_files_are_closed(tmp_path, caplog):
    file = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    syncer = Syncer(Path("/none"), 0.1, Troubles("synchronise x"))
    syncer.renamed()
    syncer.retire(file)
    syncer.close()
    assert "cannot synchronise x: no such file" in caplog.text
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_while_too_many_files_are_open_it_is_tried_again(tmp_path, monkeypatch, synced, caplog):
    """As with many viewers of the page, each with a connection."""
    real, refused = os.dup, []

    def dup(file: int) -> int:
        if threading.current_thread().name == "log syncer" and len(refused) < 2:
            refused.append(file)
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(file)

    monkeypatch.setattr(os, "dup", dup)
    path = tmp_path / "x.jsonl"
    with Log(path, sync_s=0.1) as log:
        log.write([reading(1)])
        wait_until(lambda: bool(synced))
        assert synced[0][1] == path.stat().st_size
    assert len(refused) == 2
    assert "too many open files" in caplog.text
