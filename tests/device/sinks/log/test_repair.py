"""What a power cut leaves of the last lines."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.sinks.log.repair import repair

A, B, C = (b'{"face":%d,"emotion":"happy"}\n' % number for number in (1, 2, 3))
MEGA = 1 << 20


def repaired(folder: Path, content: bytes) -> tuple[bytes, int]:
    """What is left of the content, and how many bytes were cut off."""
    path = folder / "x.jsonl"
    path.write_bytes(content)
    file = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        cut = repair(file)
        left = path.read_bytes()
        assert repair(file) == 0
        assert path.read_bytes() == left
    finally:
        os.close(file)
    return left, cut


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"", b""),
        (A + B, A + B),
        (A + B[:10], A),
        (B[:10], b""),
        (A + B[:-1], A + B),  # the end of the line alone is missing
        (A + b"hello", A),
        (A + b"\0" * 5000, A),
        (b"\0" * 5000, b""),
        (A + B[:10] + b"\0" * 5000, A),
        (A + B[:-1] + b"\0" * 50, A + B),
        (A + b"\0" * 5000 + B + C, A + B + C),  # a block in between that was not written
        (A + B[:10] + b"\0" * 300 + b'"happy"}\n' + C, A + C),
        (A + b"\0" * 5000 + B + C[:5], A + B),
        (A + b"\n# not ours\n" + B, A + b"\n# not ours\n" + B),
        (A + b"\n# not ours\n" + B[:5], A + b"\n# not ours\n"),
        (A + B[:10] + b"\0\n# not ours\n" + C, A + b"# not ours\n" + C),
    ],
)
def test_what_is_whole_is_kept_and_nothing_else(tmp_path, content, left):
    assert repaired(tmp_path, content) == (left, max(0, len(content) - len(left)))


def test_a_long_log_stays_as_it_is_before_its_end(tmp_path):
    many, foreign = A * 100_000, b"x" * 3 * MEGA
    for content, left in (
        (many + B[:5], many),
        (many + b"\0" * 3 * MEGA, many),
        (foreign + b"\n" + B[:5], foreign + b"\n"),
        (foreign, b""),
    ):
        assert repaired(tmp_path, content) == (left, len(content) - len(left))


@given(
    lines=st.lists(st.integers(0, 10**40).map(lambda n: b'{"face":%d}\n' % n), max_size=30),
    cut=st.integers(0, 60),
    zeros=st.integers(0, 10_000),
)
def test_wherever_it_is_cut_whole_lines_stay(tmp_path_factory, lines, cut, zeros):
    whole = b"".join(lines)
    there = whole[: max(0, len(whole) - cut)]
    left, _ = repaired(tmp_path_factory.mktemp("x"), there + b"\0" * zeros)
    kept = left.splitlines(keepends=True)
    assert kept == lines[: len(kept)]
    assert len(kept) >= there.count(b"\n")
