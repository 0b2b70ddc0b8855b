"""Puts right what a power cut left of the last lines."""

from __future__ import annotations

import os

import msgspec

# Far more than is written between two syncs: nothing before it can be hurt.
_WINDOW_BYTES = 1 << 20
_STEP_BYTES = 1 << 16


def repair(file: int) -> int:
    """Cut the torn line off the end of ``file``; return how many bytes were no whole line.

    A file system may also leave zeros where lines were to be. What is whole is kept: of a line
    that lacks its end alone, and behind zeros.

    file: a descriptor that may be read and appended to.

    Raises OSError.
    """
    size = os.fstat(file).st_size
    torn = _line_start(file, size)
    start = _line_start(file, max(0, torn - _WINDOW_BYTES))
    # A last line that is longer than the window is none.
    window = os.pread(file, torn - start + _WINDOW_BYTES, start)
    zero = window.find(b"\0")
    if zero < 0 and torn == size:
        return 0
    hurt = window.rfind(b"\n", 0, zero) + 1 if zero >= 0 else torn - start
    *lines, last = window[hurt:].split(b"\n")
    kept = b"".join([*map(_saved, lines), _whole(last)])
    os.ftruncate(file, start + hurt)
    rest = memoryview(kept)
    while rest:
        rest = rest[os.write(file, rest) :]
    return max(0, size - start - hurt - len(kept))


def _line_start(file: int, before: int) -> int:
    """Return where the line that goes on at ``before`` begins."""
    while before:
        begin = max(0, before - _STEP_BYTES)
        found = os.pread(file, before - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        before = begin
    return 0


def _saved(line: bytes) -> bytes:
    """Return a line that has an end, or what is whole of it."""
    return _whole(line) if b"\0" in line else line + b"\n"


def _whole(line: bytes) -> bytes:
    """Return the line with its end, if it is a whole one; else nothing."""
    line = line.strip(b"\0")
    try:
        whole = isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
    return line + b"\n" if whole else b""
