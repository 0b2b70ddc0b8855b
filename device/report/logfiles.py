"""Prediction logs: found, opened and read line by line, however large they are."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from io import BufferedReader
from pathlib import Path

import msgspec

from device.aside import open_plain, put_aside
from device.closing import Closing
from device.errors import SourceError, why
from device.records import UNCERTAIN
from device.report.clock import corrected
from device.report.line import Line

# A reading has some 400 bytes; whatever is longer than this is none.
_LONGEST_LINE = 1 << 16
# Looked at before all else: when a log begins, and how far its lines are apart.
_HEAD_LINES = 60
# Twice that of the lowest rate_hz.
_LONGEST_STEP_S = 200.0
_MOST_LABELS = 100
# Files get other names while they are looked for; not for long.
_TRIES = 20

LogFile = BufferedReader | gzip.GzipFile
# What tells a file from all others, by whatever name it goes: its disk and its number there.
_Name = tuple[int, int]


class _Labels(msgspec.Struct):
    probabilities: dict[str, float]


class LogFiles(Closing):
    """The readings of logs, oldest file first, in constant memory.

    paths: a log named NAME stands for those that were put aside from it as well: NAME.1,
        NAME.2.gz and so on. Each file is read once.
    labels: the emotions met so far, in the model's order.
    skipped: how many lines were no readings, or parts of one.
    unset: how many were written while the clock was not set.

    Raises SourceError, naming the file, where one is not there or cannot be read.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.labels: list[str] = []
        self.skipped = 0
        self.unset = 0
        self._decode = msgspec.json.Decoder(Line).decode
        self._decode_labels = msgspec.json.Decoder(_Labels).decode
        self._files = ExitStack()
        groups = [
            [log for path, file in group if (log := self._begin(path, file)).head]
            for group in self._open(paths)
        ]
        groups = [group for group in groups if group]
        # Those of one log are in the order in which they were written, whatever its clock said.
        groups.sort(key=lambda group: group[0].head[0].time)
        self._logs = [log for group in groups for log in group]

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    @property
    def count(self) -> int:
        """How many files hold readings."""
        return len(self._logs)

    def lines(self) -> Iterator[tuple[Line, float]]:
        """Give each reading, and how far apart those of a face usually are there, in seconds.

        Those from before the clock was set have the time that it would have said, or are left
        out where it was never set, and says so.
        """
        for line, step_s in corrected(self._each()):
            if line.is_dated:
                yield line, step_s
            else:
                self.unset += 1

    def _each(self) -> Iterator[tuple[Line, float]]:
        for log in self._logs:
            step_s = usual_step_s(log.head)
            for line in itertools.chain(log.head, log.rest):
                yield line, step_s

    def _open(self, paths: Sequence[Path]) -> list[list[tuple[Path, LogFile]]]:
        """Open them all now: a log that is put aside while others are read is not missed."""
        for _ in range(_TRIES):
            listed = _groups(paths)
            with ExitStack() as opened, suppress(FileNotFoundError):
                groups = [
                    [(path, _enter(path, opened)) for path in group.values()] for group in listed
                ]
                # What has another name by now may be listed twice, or not at all.
                if _groups(paths) == listed:
                    self._files = opened.pop_all()
                    return groups
        raise SourceError(f"cannot read the log {paths[0]}: it is put aside all the time")

    def _begin(self, path: Path, file: LogFile) -> _Log:
        rest = self._read(file, path)
        return _Log(list(itertools.islice(rest, _HEAD_LINES)), rest)

    def _read(self, file: LogFile, path: Path) -> Iterator[Line]:
        try:
            while text := file.readline(_LONGEST_LINE):
                if len(text) == _LONGEST_LINE and not text.endswith(b"\n"):
                    while (more := file.readline(_LONGEST_LINE)) and not more.endswith(b"\n"):
                        pass
                    self.skipped += 1
                elif (line := self._line(text)) is not None:
                    yield line
        except (EOFError, zlib.error):  # a compressed file that was cut off
            self.skipped += 1
        except OSError as error:
            raise SourceError(f"cannot read the log {path}: {why(error)}") from error

    def _line(self, text: bytes) -> Line | None:
        """Return the reading that ``text`` is; count it otherwise."""
        if text.isspace():
            return None
        try:
            line = self._decode(text)
            known = line.emotion in self.labels or self._learn(line.emotion, text)
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
            known = False
        if not known or line.time.tzinfo is None or not abs(line.media_time_s) < 1e12:
            self.skipped += 1
            return None
        return line

    def _learn(self, emotion: str, text: bytes) -> bool:
        """Take up the emotions of a line that names one not met before."""
        names = [*self._decode_labels(text).probabilities, UNCERTAIN]
        if emotion not in names or len(self.labels) + len(names) > _MOST_LABELS:
            return False
        met = [name for name in self.labels if name != UNCERTAIN]
        self.labels = list(dict.fromkeys([*met, *names]))
        return True


class _Log:
    """One file: its first lines, and those behind them."""

    def __init__(self, head: list[Line], rest: Iterator[Line]) -> None:
        self.head = head
        self.rest = rest


def usual_step_s(lines: Sequence[Line]) -> float:
    """Return how far a face's readings are apart, in seconds; 1 where none has two."""
    last_s: dict[int, float] = {}
    steps_s = []
    for line in lines:
        step_s = line.media_time_s - last_s.get(line.face, line.media_time_s)
        if 0 < step_s <= _LONGEST_STEP_S:
            steps_s.append(step_s)
        last_s[line.face] = line.media_time_s
    return sorted(steps_s)[len(steps_s) // 2] if steps_s else 1.0


def with_put_aside(paths: Sequence[Path]) -> list[Path]:
    """Return ``paths`` and what was put aside from each, every file once.

    Raises SourceError where one is not there, or a folder.
    """
    return [path for group in _groups(paths) for path in group.values()]


def _groups(paths: Sequence[Path]) -> list[dict[_Name, Path]]:
    """Return each log with what was put aside from it before it, every file once."""
    found: set[_Name] = set()
    groups = []
    for path in paths:
        try:
            there = [(name, each) for each in (*put_aside(path), path) if (name := _name(each))]
        except (OSError, ValueError) as error:
            raise SourceError(f"cannot read the log {path}: {why(error)}") from error
        if not there:
            raise SourceError(f"no log {path}: give the file that log or --log names")
        if path.is_dir():
            raise SourceError(f"{path} is a folder: give the logs in it")
        new = {name: each for name, each in there if name not in found}
        groups.append(new)
        found.update(new)
    return groups


def _name(path: Path) -> _Name | None:
    """Return what tells the file from others; None where there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _enter(path: Path, opened: ExitStack) -> LogFile:
    """Open a log; raises FileNotFoundError where it has gone, or has another name, by now."""
    try:
        return opened.enter_context(open_plain(path))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SourceError(f"cannot read the log {path}: {why(error)}") from error
