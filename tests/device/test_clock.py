"""Whether the clock was set, and which boot it is."""

import ctypes
import os
import platform
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device import clock
from tests.device.conftest import ROOT, python_path

# The numbers of adjtimex and clock_adjtime: which of them adjtimex(3) calls is libc's choice.
CALLS = {"x86_64": (159, 305), "aarch64": (171, 266)}


def refuse(*numbers: int) -> None:
    """Have the kernel refuse system calls of this process, as a service's sandbox does."""
    load, jump_if, give = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0)]  # the number of the call
    for number in numbers:
        steps += [(jump_if, 0, 1, number), (give, 0, 0, 0x00050001)]  # an error: EPERM
    steps.append((give, 0, 0, 0x7FFF0000))  # allowed
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(steps), ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, filter_mode = 38, 22, 2
    for arguments in ((no_new_privileges, 1, 0, 0, 0), (seccomp, filter_mode, program, 0, 0)):
        assert libc.prctl(*arguments) == 0, os.strerror(ctypes.get_errno())


def test_a_moment_is_on_the_clock_that_nobody_sets():
    before_s = time.monotonic()
    moment = clock.now()
    assert before_s <= moment.monotonic_s <= time.monotonic()
    assert moment.boot == Path("/proc/sys/kernel/random/boot_id").read_text()[:8]


def test_the_kernel_tells_whether_it_was_set():
    """timedatectl asks it the same; here it may be either, and is not unknown."""
    assert clock.is_synchronised() in (True, False)


@pytest.mark.skipif(platform.machine() not in CALLS, reason="its system calls have other numbers")
@pytest.mark.parametrize(("there", "answer"), [(True, "True"), (False, "None")])
def test_where_the_kernel_may_not_be_asked_timesyncd_is(there, answer, tmp_path):
    file = tmp_path / "synchronized"
    if there:
        file.touch()
    script = (
        "import sys; from pathlib import Path; from device import clock\n"
        "from tests.device.test_clock import CALLS, platform, refuse\n"
        "refuse(*CALLS[platform.machine()])\n"
        "print(clock.is_synchronised(Path(sys.argv[1])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, file],
        cwd=ROOT, env={"PYTHONPATH": python_path()}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == answer, done.stderr


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 36, b"no-boot-id"])
def test_a_boot_without_a_name_is_unknown(content, tmp_path):
    path = tmp_path / "boot_id"
    if content is not None:
        path.write_bytes(content)
    assert clock.boot_id(path) == ""
