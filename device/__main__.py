"""The program: ``python -m device run``, ``report``, ``check`` and the others."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from device.errors import ConfigError, MienError, StuckError
from device.journal import Priorities, is_journal, with_priority
from device.notify import Notify

try:
    from device.options import parse
except ModuleNotFoundError as missing:
    sys.exit(f"mien: {missing.name} is not installed here: use .venv/bin/python, or make run")


_STUCK = os.EX_TEMPFAIL


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code.

    0, 1 for a failure, 2 for a wrong setting or option, 75 where something hangs so that only
    a new process is rid of it, and, of a service, 78 for a wrong setting: a new start would
    meet it again.
    """
    # A service or a shell may start us with these closed.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    options = parse(arguments)
    # NumPy's OpenBLAS has a thread for each core, which spin after every small matrix: a
    # fifth of all the processor time. It reads this when NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _log_to_stderr()
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()  # who read our lines has seen enough
        return 0
    except KeyboardInterrupt:
        print("mien: interrupted", file=sys.stderr)
        return 130  # as a shell has it
    except Exception as error:
        with Notify.from_environment() as notify:
            notify.status(f"Ended: {_in_one_line(error)}")
        if options.debug:
            traceback.print_exc()
        else:
            print(_for_stderr(f"mien: {_in_one_line(error)}"), file=sys.stderr)
        _abandon_stdout()
        return _code(error)
    return code


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Priorities() if is_journal(sys.stderr) else logging.Formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _for_stderr(error: str) -> str:
    return with_priority(error, logging.ERROR) if is_journal(sys.stderr) else error


def _code(error: Exception) -> int:
    if isinstance(error, StuckError):
        return _STUCK
    if isinstance(error, ConfigError):
        return os.EX_CONFIG if Notify.from_environment().there else 2
    return 1


def _abandon_stdout() -> None:
    """Keep Python from complaining once more at exit of a line that nobody can take."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, MienError):
        return text
    return f"unexpected {type(error).__name__}: {text}: --debug shows where; please report it"


def _leave(code: int) -> NoReturn:
    """End the process; what hangs in a driver is not waited for."""
    if code == _STUCK:
        logging.shutdown()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
