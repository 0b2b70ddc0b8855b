"""Commands in the process that tests them: importing TensorFlow anew takes seconds."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from types import ModuleType
from typing import TextIO

import pytest

# For a command in a process of its own. Machines differ, and other things run beside the tests:
# far more than any of them takes.
LIMIT_S = 900


@contextmanager
def ctrl_c_after_an_epoch(module: ModuleType) -> Iterator[None]:
    """Press Ctrl-C, in this process, whenever ``module`` is about to tell of an epoch."""
    line = module.epoch_line

    def press(*arguments: object) -> str:
        signal.raise_signal(signal.SIGINT)
        return line(*arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "epoch_line", press)
        yield


def run_here(
    main: Callable[[Sequence[str]], int], *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Return what ``main`` of a command returns and says, given ``arguments``, as a process would.

    What belongs to a process (its signals and environment, what it imports) needs a real one.
    """
    argv = [*map(str, arguments)]
    with ExitStack() as stack:
        out, error = (stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(2))
        with (
            _turned_aside(1, out), _turned_aside(2, error), _told_to(error),
            redirect_stdout(out), redirect_stderr(error),
        ):  # fmt: skip
            try:
                code = main(argv)
            except SystemExit as end:
                code = int(end.code or 0)
            out.flush()
            error.flush()
        out.seek(0)
        error.seek(0)
        return subprocess.CompletedProcess(argv, code, out.read(), error.read())


@contextmanager
def _turned_aside(number: int, file: TextIO) -> Iterator[None]:
    """Have what is written to the file descriptor ``number``, also from C, go to ``file``."""
    shown = os.dup(number)
    os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        os.dup2(shown, number)
        os.close(shown)


@contextmanager
def _told_to(file: TextIO) -> Iterator[None]:
    """Have warnings go to ``file``: in a process they would go to stderr.

    TensorFlow warns of many networks in one process, which a command does not have.
    """
    handler = logging.StreamHandler(file)
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda record: record.name != "tensorflow")
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
