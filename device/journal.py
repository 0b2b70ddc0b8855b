"""What goes to the system's journal: known by where a stream leads, and told with its priority."""

from __future__ import annotations

import logging
import os
from typing import TextIO

# As sd-daemon(3) has them: so `journalctl -p warning` shows what went wrong, and nothing else.
_PRIORITIES = ((logging.ERROR, "<3>"), (logging.WARNING, "<4>"), (logging.INFO, "<6>"))
_DEBUG = "<7>"


class Priorities(logging.Formatter):
    """Writes the message alone, each line of it behind its priority."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of ``record``."""
        return with_priority(super().format(record), record.levelno)


def with_priority(text: str, level: int) -> str:
    """Return ``text`` as systemd takes it from a service's stderr; level: one of logging's."""
    mark = next((mark for least, mark in _PRIORITIES if level >= least), _DEBUG)
    return "\n".join(mark + line for line in text.split("\n"))


def is_journal(stream: TextIO) -> bool:
    """Tell whether ``stream`` goes to the system's journal, as systemd says of its services."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
