"""What a million lines of the log cost, with its files put aside and compressed.

To be run as ``python -m tests.benchmarks.log_rotation``.

Lines are written as fast as they can be, four at once. For each write it is timed how long the
loop is held up; rotations are among them.
"""

from __future__ import annotations

import resource
import tempfile
import time
from datetime import datetime
from pathlib import Path

from device.records import Face, Reading
from device.sinks.log import Log

LINES = 1_000_000
AT_ONCE = 4
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def reading(number: int) -> Reading:
    share = dict.fromkeys(LABELS, 0.1) | {LABELS[number % 7]: 0.4 + number % 1000 / 10_000}
    face = Face(number % AT_ONCE + 1, (number % 300, 100, number % 300 + 104, 204))
    when = datetime.now().astimezone()
    return Reading(when, number / AT_ONCE, face, LABELS[number % 7], share, share, "mien-875ac2a1")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "readings.jsonl"
        held_ms, began_s = [], time.monotonic()
        with Log(path) as log:
            for first in range(0, LINES, AT_ONCE):
                due = [reading(number) for number in range(first, first + AT_ONCE)]
                before_s = time.perf_counter()
                log.write(due)
                held_ms.append((time.perf_counter() - before_s) * 1000)
        took_s = time.monotonic() - began_s
        files = sorted(Path(name).iterdir())
        total = sum(file.stat().st_size for file in files)
    held_ms.sort()
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{LINES:,} lines in {took_s:.1f} s: {len(files)} files, {total / 1e6:.1f} MB")
    median_us, slow_ms = held_ms[len(held_ms) // 2] * 1000, held_ms[int(len(held_ms) * 0.999)]
    print(f"a write of {AT_ONCE}: {median_us:.0f} us median")
    print(f"{slow_ms:.2f} ms in 99.9 % of them, {held_ms[-1]:.1f} ms at most")
    print(f"{memory_mb:.0f} MB of memory at most")


if __name__ == "__main__":
    main()
