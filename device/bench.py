"""What reading faces costs on the machine at hand, stage by stage."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np

from device import service
from device.config import Settings
from device.costs import Costs
from device.stop import Stop

# Every frame is looked at: what one costs does not depend on how many there are.
_EVERY_FRAME_HZ = 60.0
_FRAMES = 1000


def bench(settings: Settings, stop: Stop, duration_s: float) -> Iterator[str]:
    """Read every frame for ``duration_s`` of the source's clock; yield the lines of a report.

    Raises what reading raises.
    """
    costs = Costs(keep=_FRAMES)
    wanted = msgspec.structs.replace(
        settings, rate_hz=_EVERY_FRAME_HZ, look_hz=_EVERY_FRAME_HZ, log=settings.log or os.devnull
    )
    model = service.open_model(settings)
    yield f"{machine()}; {system()}"
    python = f"Python {platform.python_version()}"
    yield f"{python}, OpenCV {cv2.__version__}, {model.runtime}, {model.id}"
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        totals = service.run(wanted, stop, duration_s, costs=costs, lines=nowhere)
    yield f"{settings.source}: {totals.frames} frames, {totals.readings} readings"
    yield ""
    yield f"{'stage':<8}  {'times':>6}  {'median, ms':>10}  {'95 %, ms':>10}"
    for stage, times_s in costs.times_s().items():
        median_ms, high_ms = 1000 * np.percentile(times_s, [50, 95])
        yield f"{stage:<8}  {len(times_s):>6}  {median_ms:>10.3f}  {high_ms:>10.3f}"
    yield ""
    yield f"memory: {memory_mb():.0f} MB"


def machine() -> str:
    """Return the name of the machine, or of its processor."""
    model = Path("/proc/device-tree/model")
    if model.is_file():  # a Raspberry Pi's
        return model.read_text(encoding="utf-8").rstrip("\0")
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def system() -> str:
    """Return the operating system's name and the kind of processor that it was made for."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = platform.system()
    return f"{name}, {platform.machine()}"


def memory_mb() -> float:
    """Return how much memory this process has had, at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)
