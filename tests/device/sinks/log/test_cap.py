"""Whatever is written, and however often it begins anew: never more bytes than the cap."""

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.sinks.log import Log
from tests.device.sinks.log.readings import faces, names, reading, wait_until

KEEP = 1000


@dataclass(frozen=True)
class Write:
    """Readings at once, each with a name of its model that is so long."""

    lengths: list[int]


@dataclass(frozen=True)
class Anew:
    """The program ends and begins again, with these settings."""

    total_bytes: int
    max_bytes: int
    finished: bool


STEPS = st.lists(
    st.one_of(
        st.builds(Write, st.lists(st.integers(1, 1500), min_size=1, max_size=12)),
        st.builds(Write, st.lists(st.integers(1, 40), min_size=1, max_size=60)),
        st.builds(
            Anew, st.integers(9_000, 60_000), st.integers(3_000, 60_000), finished=st.booleans()
        ),
    ),
    max_size=25,
)


def folder_bytes(folder: Path) -> int:
    """How many bytes lie there; a file that goes meanwhile has none."""
    total = 0
    for entry in os.scandir(folder):
        try:
            total += entry.stat().st_size
        except FileNotFoundError:
            continue
    return total


@contextmanager
def watched_writes(folder: Path):
    """Look at the folder behind every write of this process; what is given holds the most."""
    most, write = [0], os.write

    def watched(file: int, content: bytes) -> int:
        written = write(file, content)
        most[0] = max(most[0], folder_bytes(folder))
        return written

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", watched)
        yield most


def all_compressed(folder: Path) -> bool:
    return all(name == "x.jsonl" or name.endswith(".gz") for name in names(folder))


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_never_more_than_the_cap_and_nothing_goes_before_it_must(steps):
    with tempfile.TemporaryDirectory() as name, watched_writes(Path(name)) as most:
        folder = Path(name)
        path, number, kept = folder / "x.jsonl", 0, []
        now, peak_bytes = Anew(20_000, 5_000, False), 0
        log = Log(path, total_bytes=now.total_bytes, max_bytes=now.max_bytes, keep=KEEP)
        try:
            for step in steps:
                # Also of what was compressed since the step before.
                peak_bytes = max(peak_bytes, folder_bytes(folder), most[0])
                new, least_bytes = [], now.total_bytes
                if isinstance(step, Anew):
                    if step.finished:
                        wait_until(lambda: all_compressed(folder))
                    log.close()
                    assert most[0] <= now.total_bytes
                    now, peak_bytes, most[0] = step, max(peak_bytes, most[0]), 0
                    log = Log(path, total_bytes=now.total_bytes, max_bytes=now.max_bytes, keep=KEEP)
                else:
                    new = range(number + 1, number + 1 + len(step.lengths))
                    number = new[-1]
                    log.write(
                        [
                            replace(reading(each), model_id="m" * length)
                            for each, length in zip(new, step.lengths, strict=True)
                        ]
                    )
                # What went, went under this cap, or still under the one before.
                least_bytes = min(least_bytes, now.total_bytes)
                there = folder_bytes(folder)
                assert there <= now.total_bytes
                assert most[0] <= now.total_bytes
                with log._shelf.lock:  # nothing is compressed meanwhile
                    found = faces(path)
                assert found == [*kept, *new][len(kept) + len(new) - len(found) :]
                written = sum(500 + length for length in getattr(step, "lengths", []))
                if len(found) < len(kept) + len(new):
                    # A third may be needed by the file that is compressed just now.
                    assert max(peak_bytes, most[0]) + written > least_bytes * 2 // 3
                kept, peak_bytes, most[0] = found, folder_bytes(folder), 0
            log.close()
            assert faces(path)[-len(kept) :] == kept[-len(faces(path)) :]
        finally:
            log.close()


def test_what_lies_there_of_a_larger_setting_goes_at_the_start(tmp_path):
    path = tmp_path / "x.jsonl"
    with Log(path, max_bytes=50_000, total_bytes=1_000_000) as log:
        log.write([reading(number) for number in range(1, 1001)])
        wait_until(lambda: all_compressed(tmp_path))
    all_bytes = folder_bytes(tmp_path)
    with Log(path, max_bytes=50_000, total_bytes=all_bytes - 100):
        assert folder_bytes(tmp_path) <= all_bytes - 100
        assert 1 < faces(path)[0] < 500
        assert faces(path)[-1] == 1000


def test_of_a_log_that_alone_is_larger_the_last_lines_stay(tmp_path, caplog):
    path = tmp_path / "x.jsonl"
    with Log(path) as log:
        log.write([reading(number) for number in range(1, 1001)])
    (tmp_path / "x.jsonl.1").write_bytes(b"{}\n" * 10)
    with Log(path, total_bytes=90_000) as log:
        assert folder_bytes(tmp_path) <= 90_000
        assert "log_total_bytes is less now" in caplog.text
        log.write([reading(1001)])
        found = faces(path)
    assert found == list(range(found[0], 1002))
    assert 30_000 < folder_bytes(tmp_path) <= 90_000


def test_what_cannot_be_compressed_where_there_is_no_room_stays_as_it_is(tmp_path):
    """Random names hardly get smaller: the copy and what it is made of are too much together."""
    path = tmp_path / "x.jsonl"
    with Log(path, max_bytes=10_000_000, total_bytes=100_000) as log:
        for number in range(1, 25):
            log.write([replace(reading(number), model_id=os.urandom(1200).hex())])
        found = faces(path)
    assert found == list(range(found[0], 25))
    assert folder_bytes(tmp_path) <= 100_000


def test_files_that_are_not_the_logs_do_not_count_and_stay(tmp_path):
    path = tmp_path / "x.jsonl"
    others = ["x.jsonl.bak", "x.jsonl-20260101.gz", "x.jsonl.20260101", "y.jsonl.1", "x.jsonl.0"]
    for name in others:
        (tmp_path / name).write_bytes(b"x" * 100_000)
    with Log(path, max_bytes=20_000, total_bytes=60_000) as log:
        log.write([reading(number) for number in range(1, 201)])
    assert set(others) <= set(names(tmp_path))


@pytest.mark.parametrize("kept", [1, 3])
def test_logrotates_number_that_is_there_already_is_another_file(tmp_path, kept):
    """Without ``compress`` it knows nothing of NAME.1.gz, and makes a NAME.1 beside it."""
    path = tmp_path / "x.jsonl"
    with Log(path, max_bytes=20_000, keep=50) as log:
        log.write([reading(number) for number in range(1, 51 * kept)])
        wait_until(lambda: all_compressed(tmp_path))
        path.rename(tmp_path / "x.jsonl.1")
        log.write([reading(number) for number in range(51 * kept, 60 * kept)])
        wait_until(lambda: all_compressed(tmp_path))
        assert faces(path) == list(range(1, 60 * kept))
    with Log(path, max_bytes=20_000, keep=50):
        assert faces(path) == list(range(1, 60 * kept))
