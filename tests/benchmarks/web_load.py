"""What many visitors of the web page cost the reading: 20 viewers and 50 listeners.

    python -m tests.benchmarks.web_load [--seconds 30] [--viewers 20] [--listeners 50]

Reads every frame of a synthetic camera of 15 Hz that shows a face, first with the page open and
nobody there, then with visitors from another process. Ends with 1, saying why, where the
reading rate is lowered by more than 10 %, memory grows, a visitor gets nothing, pictures are
encoded more than once, or a thread is left over.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from device.config import PageSettings, Settings
from device.costs import Costs
from device.history import History
from device.model_choice import open_model
from device.records import Frame, Reading
from device.service import DEMO, build_pipeline
from device.sessions import Sessions
from device.sinks.base import Sink
from device.sinks.statistics import Statistics
from device.sinks.web import About, Web
from device.sources.synthetic import Synthetic
from device.sources.video import Video
from tests.benchmarks.soak import resident_kb

RATE_HZ = 15.0
# Of the demo clip, in which a face is seen.
FRAMES = 150
# What the reading rate may lose, and what memory may gain in the last half of the visit.
LOWERED, GROWN_KB = 0.10, 2048
_STAGES = ("find", "crop", "infer", "smooth")
_PICTURE, _EVENT = b"Content-Type: image/jpeg", b"event: "


@dataclass
class Watch(Sink):
    """Notes when each frame was done, and what the process holds then."""

    name = "watch"
    times_s: list[float] = field(default_factory=list)
    kb: list[int] = field(default_factory=list)

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        self.times_s.append(time.monotonic())
        if len(self.times_s) % 5 == 0:
            self.kb.append(resident_kb())

    def write(self, readings: Sequence[Reading]) -> None:
        pass

    @property
    def rate_hz(self) -> float:
        return (len(self.times_s) - 1) / (self.times_s[-1] - self.times_s[0])


@dataclass
class Measured:
    """Of one stretch of time: frames a second, what one took in ms, memory in kB."""

    rate_hz: float
    median_ms: float
    high_ms: float
    kb: list[int]


def load(
    seconds: float,
    viewers: int,
    listeners: int,
    *,
    settle_s: float = 3.0,
    lowered: float = LOWERED,
) -> tuple[list[str], list[str]]:
    """Return complaints, and a table.

    settle_s: how long is read before what is measured begins.
    lowered: the share of the reading rate that may be lost.
    """
    threads = set(threading.enumerate())
    with ExitStack() as parts:
        settings = Settings(look_hz=60.0)
        model = open_model(settings)
        sessions = Sessions(model.labels, History(None, keep_days=1, max_bytes=10_000_000))
        parts.enter_context(sessions)
        costs = Costs()
        about = About("0", "synthetic camera", True, model.id, {}, None)
        web = parts.enter_context(Web(PageSettings(port=0), sessions, costs, about, state=None))
        with Video(DEMO) as video:
            pictures = [frame.grey for frame, _ in zip(video, range(FRAMES), strict=False)]

        def read(for_s: float) -> Measured:
            watch, own = Watch(), Costs(keep=None)
            sinks = [Statistics(sessions), web, watch]
            with Synthetic(pictures, rate_hz=RATE_HZ, frames=round(for_s * RATE_HZ)) as source:
                build_pipeline(settings, source, model, sinks, own).run(threading.Event())
            return _measured(watch, own)

        read(settle_s)
        alone = read(seconds)
        encoded = _encoded(web)
        visitors = _visitors(web.url, viewers, listeners)
        read(settle_s)
        visited = read(seconds)
        frames = round((seconds + 2 * settle_s) * RATE_HZ)
        encoded = _encoded(web) - encoded
        got = _end(visitors)
    left = {thread.name for thread in set(threading.enumerate()) - threads}
    complaints = _complaints(visited, got, encoded, frames, left, viewers + listeners)
    lost = 1 - visited.rate_hz / alone.rate_hz
    if lost > lowered:
        complaints.append(f"the reading rate is lowered by {lost:.0%}")
    return complaints, _table(alone, visited, got, encoded)


def _measured(watch: Watch, costs: Costs) -> Measured:
    """What a frame took is the sum of its stages; a stage that is left out counts nothing."""
    times = costs.times_s()
    each = [sum(stages) for stages in zip(*(times[name] for name in _STAGES), strict=False)]
    each_ms = sorted(1000 * time_s for time_s in each)
    high = each_ms[int(0.95 * (len(each_ms) - 1))]
    return Measured(watch.rate_hz, each_ms[len(each_ms) // 2], high, watch.kb)


def _encoded(web: Web) -> int:
    """How many pictures the page has encoded, as it tells Prometheus."""
    address = urlsplit(web.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as there:
        there.sendall(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
        content = b""
        while part := there.recv(65536):
            content += part
    return int(float(content.partition(b"\nmien_pictures_encoded_total ")[2].split()[0]))


def _visitors(url: str, viewers: int, listeners: int) -> subprocess.Popen[str]:
    """Have visitors come, from another process; return it when all have asked."""
    command = [sys.executable, "-m", "tests.benchmarks.web_load", "--visit", url]
    command += ["--viewers", str(viewers), "--listeners", str(listeners)]
    visitors = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert visitors.stdout
    visitors.stdout.readline()  # all are there
    return visitors


def _end(visitors: subprocess.Popen[str]) -> list[int]:
    """Send the visitors home; return how many pictures or events each one got."""
    output, _ = visitors.communicate("\n", timeout=30)
    counts: list[int] = json.loads(output)
    return counts


def visit(url: str, viewers: int, listeners: int) -> list[int]:
    """Look on until a line comes on stdin; return how much each visitor got."""
    address = urlsplit(url)
    paths = [("/stream.mjpeg", _PICTURE)] * viewers + [("/api/events", _EVENT)] * listeners
    with selectors.DefaultSelector() as selector, ExitStack() as parts:
        selector.register(sys.stdin, selectors.EVENT_READ, None)
        counts = [0] * len(paths)
        for number, (path, mark) in enumerate(paths):
            where = (address.hostname, address.port)
            there = parts.enter_context(socket.create_connection(where, timeout=20))
            there.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            selector.register(there, selectors.EVENT_READ, (number, mark))
        print("all are there", flush=True)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    return counts
                number, mark = key.data
                content = key.fileobj.recv(262_144)
                if not content:
                    selector.unregister(key.fileobj)
                # A mark that is torn between two parts is missed, which is rare enough.
                counts[number] += content.count(mark)


def _complaints(
    visited: Measured, got: list[int], encoded: int, frames: int, left: set[str], visitors: int
) -> list[str]:
    found = []
    grown_kb = visited.kb[-1] - visited.kb[len(visited.kb) // 2]
    if grown_kb > GROWN_KB:
        found.append(f"memory grew by {grown_kb} kB in the last half of the visit")
    if len(got) != visitors or min(got) < 3:
        found.append(f"somebody got nothing: {got}")
    if encoded > frames:
        found.append(f"{encoded} pictures were encoded of {frames} frames")
    if left:
        found.append(f"threads left over: {', '.join(sorted(left))}")
    return found


def _table(alone: Measured, visited: Measured, got: list[int], encoded: int) -> list[str]:
    lines = [f"{'':<24}{'nobody':>10}{'visited':>10}"]
    for name, one, other in (
        ("frames read a second", alone.rate_hz, visited.rate_hz),
        ("reading one, median ms", alone.median_ms, visited.median_ms),
        ("reading one, 95 % ms", alone.high_ms, visited.high_ms),
        ("memory, MB", alone.kb[-1] / 1024, visited.kb[-1] / 1024),
    ):
        lines.append(f"{name:<24}{one:>10.2f}{other:>10.2f}")
    fewest, most = min(got), max(got)
    lines.append(f"{encoded} pictures encoded; each visitor got {fewest} to {most} parts")
    return lines


def main() -> int:
    """Run it, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--listeners", type=int, default=50)
    parser.add_argument("--visit", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.visit:
        print(json.dumps(visit(options.visit, options.viewers, options.listeners)))
        return 0
    complaints, table = load(options.seconds, options.viewers, options.listeners)
    print(*table, *complaints, sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
