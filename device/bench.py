"""What reading faces costs on the machine at hand, stage by stage."""

from __future__ import annotations

import os
import platform
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import msgspec
import numpy as np

from device import service
from device.config import Settings
from device.costs import Costs
from device.errors import SinkError, why
from device.face_points import landmarks_id
from device.model_choice import open_model
from device.stop import Stop

# Every frame is looked at: what one costs does not depend on how many there are.
_EVERY_FRAME_HZ = 60.0


def bench(settings: Settings, stop: Stop, duration_s: float) -> Iterator[str]:
    """Read every frame for ``duration_s`` of the source's clock; yield the lines of a report.

    Readings go to a log of their own, on the disk where the settings' is, which is removed;
    nobody looks on.

    Raises SinkError where there can be none, and what reading raises.
    """
    yield f"{machine()}; {system()}"
    yield _software(settings)
    costs = Costs(keep=None)
    with _log_folder(settings) as folder, open(os.devnull, "w", encoding="utf-8") as nowhere:
        every_frame = msgspec.structs.replace(
            settings,
            rate_hz=_EVERY_FRAME_HZ,
            look_hz=_EVERY_FRAME_HZ,
            log=f"{folder}/bench.jsonl",
            screen="off",
            web=False,
            state="",
        )
        totals = service.run(every_frame, stop, duration_s, costs=costs, lines=nowhere)
    yield f"{totals.frames} frames, {totals.readings} readings"
    yield ""
    yield f"{'stage':<8}  {'times':>6}  {'median, ms':>10}  {'95 %, ms':>10}"
    for stage, times_s in costs.times_s().items():
        median_ms, high_ms = 1000 * np.percentile(times_s, [50, 95])
        yield f"{stage:<8}  {len(times_s):>6}  {median_ms:>10.3f}  {high_ms:>10.3f}"
    yield ""
    yield f"memory: {memory_mb():.0f} MB; capture: processor time of one thread, without waiting"


def _software(settings: Settings) -> str:
    """Return what reads faces; the networks are not held, for they would count in the memory."""
    model = open_model(settings)
    python = f"Python {platform.python_version()}"
    networks = ", ".join(filter(None, [model.id, landmarks_id(settings)]))
    return f"{python}, OpenCV {cv2.__version__}, {model.runtime}, {networks}"


@contextmanager
def _log_folder(settings: Settings) -> Iterator[str]:
    """Give a folder that is there for the time of a ``with`` block.

    Raises SinkError where it cannot be made.
    """
    beside = Path(settings.log).parent if settings.log else Path()
    try:
        folder = tempfile.TemporaryDirectory(prefix="mien-bench-", dir=beside)
    except OSError as error:
        reason = why(error)
        raise SinkError(
            f"cannot write in {beside.absolute()}: {reason}: give --log in another folder"
        ) from error
    with folder as name:
        yield name


def machine() -> str:
    """Return the name of the machine, or of its processor."""
    model = Path("/proc/device-tree/model")
    if model.is_file():  # a Raspberry Pi's
        return model.read_text(encoding="utf-8").rstrip("\0")
    processors = Path("/proc/cpuinfo")
    text = processors.read_text(encoding="utf-8") if processors.is_file() else ""
    for line in text.splitlines():
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
