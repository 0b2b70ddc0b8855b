"""What was put aside is compressed while others go and come."""

import threading

import pytest

from device.aside import open_plain
from device.sinks.log import compressor as module
from device.sinks.log.compressor import Compressor
from device.sinks.log.shelf import Shelf
from device.sinks.log.troubles import Troubles


@pytest.fixture
def shelf(tmp_path):
    """One file put aside from an empty log."""
    log = tmp_path / "x.jsonl"
    shelf = Shelf(log, total_bytes=100_000, keep=9)
    log.write_bytes(b"old\n")
    shelf.put_aside()
    log.write_bytes(b"")
    shelf.look(log.stat().st_ino, 0)
    return shelf


def compress(shelf, folder, monkeypatch, name, meanwhile):
    """Compress what there is, with ``meanwhile`` done before the step ``name``."""
    once, over = threading.Event(), threading.Event()
    step = getattr(module, name, None) or getattr(Compressor, name)
    owner = module if hasattr(module, name) else Compressor

    def stepped(*arguments):
        if not once.is_set():
            once.set()
            meanwhile()
        return step(*arguments)

    monkeypatch.setattr(owner, name, stepped)
    drop_part = shelf.drop_part

    def dropped():
        drop_part()
        over.set()

    monkeypatch.setattr(shelf, "drop_part", dropped)
    with Compressor(shelf, folder, Troubles("compress")) as compressor:
        compressor.wake()
        assert over.wait(30)


@pytest.mark.parametrize("step", ["_swap", "sync_folder"])
def test_a_file_that_comes_while_another_goes_is_not_taken_for_it(
    shelf, tmp_path, monkeypatch, step
):
    """A file system may give the number of a file that has gone to the next one at once."""

    def the_old_goes_and_new_ones_come():
        while shelf.drop_oldest():
            pass
        for number in range(3):
            path = tmp_path / "x.jsonl"
            path.write_bytes(f"new {number}\n".encode())
            shelf.put_aside()

    compress(shelf, tmp_path, monkeypatch, step, the_old_goes_and_new_ones_come)
    left = sorted(path for path in tmp_path.iterdir() if path.name != "x.jsonl")
    assert sorted(map(content, left)) == [b"new 0\n", b"new 1\n", b"new 2\n"]


def content(path):
    with open_plain(path) as file:
        return file.read()
