"""A command as a process of its own: how soon it speaks, and what it holds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
# One core: OpenCV's, TensorFlow's and FFmpeg's threads too.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "threads;1",
}


def started(command: list[str]) -> dict[str, float]:
    """Run ``command``; return seconds to its first line, and its memory at most."""
    began_s = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        start_s = time.monotonic() - began_s
        process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: {' '.join(command)} ended with {process.returncode}: run it by hand")
    return {"start_s": start_s, "memory_mb": usage.ru_maxrss / 1024}
