"""Many frames through the whole pipe, with people coming and going, watching what grows.

    python -m tests.benchmarks.soak            200,000 frames
    python -m tests.benchmarks.soak --frames 5000

Ends with 1, saying why, where memory grows, a thread is left over, or the log is not
complete and in order.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from device.aside import open_plain, put_aside
from device.config import Settings
from device.costs import Costs
from device.model_choice import open_model
from device.records import Frame, Grey, Reading
from device.service import DEMO, build_pipeline
from device.sinks.base import Sink
from device.sinks.log import Log
from device.sources.base import Source
from device.sources.video import Video
from tests.device.scenes import At, Room, person

RATE_HZ = 15.0
SCENES = 600
# Of the process, in the last quarter of the frames.
LIMIT_KB = 1024
LOG_BYTES = 200_000


class Visitors(Source):
    """A room that three people enter, cross and leave, each at a pace of its own."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        with Video(DEMO) as video:
            grey = next(iter(video)).grey
        people = (person(grey), person(grey, other=True), person(grey))
        room = Room()
        self._scenes = [_scene(room, people, index) for index in range(SCENES)]

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._frames):
            yield Frame(self._scenes[index % SCENES], index / RATE_HZ)


def _scene(room: Room, people: Sequence, index: int) -> Grey:
    """The room at one moment of a round of ``SCENES``; somebody is outside most of the time."""
    places = []
    for number, who in enumerate(people, start=1):
        x = 320 + 520 * math.sin(2 * math.pi * number * index / SCENES + number)
        places.append((who, At(x, 150 + 15 * number, 80 + 10 * number)))
    return room.show(*places)


class Memory(Sink):
    """Notes what the process holds, in kB, a hundred times in all."""

    name = "memory"

    def __init__(self, frames: int) -> None:
        self._every = max(1, frames // 100)
        self._seen = 0
        self.kb: list[int] = []

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        self._seen += 1
        if self._seen % self._every == 0:
            self.kb.append(resident_kb())

    def write(self, readings: Sequence[Reading]) -> None:
        pass


def resident_kb() -> int:
    """Return what this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def soak(frames: int, folder: Path) -> list[str]:
    """Read so many frames with a log in ``folder``; return a report, complaints first."""
    threads = set(threading.enumerate())
    settings = Settings(rate_hz=5.0, look_hz=RATE_HZ)
    memory, path = Memory(frames), folder / "readings.jsonl"
    source, model = Visitors(frames), open_model(settings)
    began_s = time.monotonic()
    with source, Log(path, max_bytes=LOG_BYTES, keep=1000) as log:
        pipeline = build_pipeline(settings, source, model, [log, memory], Costs())
        totals = pipeline.run(threading.Event())
    took_s = time.monotonic() - began_s
    grown_kb = memory.kb[-1] - memory.kb[len(memory.kb) * 3 // 4]
    left = {thread.name for thread in set(threading.enumerate()) - threads}
    texts = [text_of(file) for file in [*put_aside(path), path]]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    times_s = [line["media_time_s"] for line in lines]
    faces = len({line["face"] for line in lines})
    complaints = (
        [f"memory grew by {grown_kb} kB in the last quarter"] if grown_kb > LIMIT_KB else []
    )
    complaints += [f"threads left over: {', '.join(sorted(left))}"] if left else []
    if len(lines) != totals.readings:
        complaints.append(f"{totals.readings} readings, but {len(lines)} lines in the log")
    if any(later < earlier for earlier, later in pairwise(times_s)):
        complaints.append("the log is not in order")
    return [*complaints, (
        f"{totals.frames:,} frames, {totals.readings:,} readings of {faces:,} faces in "
        f"{took_s:.0f} s; memory {memory.kb[-1] / 1024:.0f} MB, {grown_kb:+} kB in the last quarter"
    )]  # fmt: skip


def text_of(path: Path) -> str:
    """Return a log as it was before it was compressed."""
    with open_plain(path) as file:
        return file.read().decode()


def main() -> int:
    """Run it, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=200_000)
    with tempfile.TemporaryDirectory() as folder:
        *complaints, report = soak(parser.parse_args().frames, Path(folder))
    print(report, *complaints, sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
