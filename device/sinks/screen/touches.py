"""Touches on a small panel, as the kernel tells of them."""

from __future__ import annotations

import fcntl
import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

from device.closing import Closing

_log = logging.getLogger(__name__)

# From linux/input.h: time, type, code, value.
_EVENT = struct.Struct("@llHHi")
_EV_KEY, _BTN_TOUCH, _PRESSED = 1, 0x14A, 1
_KEY_BYTES = 96
# EVIOCGBIT(EV_KEY): which keys and buttons a device has, a bit each.
_GET_KEYS = 2 << 30 | _KEY_BYTES << 16 | ord("E") << 8 | 0x20 + _EV_KEY
_AT_ONCE = 64


def has_touch(file: int) -> bool:
    """Tell whether an open event device is a touch panel; raises OSError."""
    keys = fcntl.ioctl(file, _GET_KEYS, bytes(_KEY_BYTES))
    return bool(keys[_BTN_TOUCH // 8] >> _BTN_TOUCH % 8 & 1)


class Touches(Closing):
    """Listens to the touch panels in ``folder``, as far as they may be read.

    Not to keyboards: what is typed there is meant for a console, or a desktop on another
    screen.

    is_panel: which of the open event devices count.
    """

    def __init__(
        self, folder: Path = Path("/dev/input"), is_panel: Callable[[int], bool] = has_touch
    ) -> None:
        self._files: list[int] = []
        for path in sorted(folder.glob("event*")):
            try:
                self._listen(path, is_panel)
            except OSError as error:  # no right to read it: the group input has that
                _log.debug("%s: %s", path, error)

    @property
    def any(self) -> bool:
        """Whether there is a panel to touch."""
        return bool(self._files)

    def count(self) -> int:
        """Return how many touches began since the last call; does not wait."""
        return sum(self._count(file) for file in self._files)

    def close(self) -> None:
        """Let go of the panels."""
        while self._files:
            os.close(self._files.pop())

    def _listen(self, path: Path, is_panel: Callable[[int], bool]) -> None:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            wanted = is_panel(file)
        except OSError:
            os.close(file)
            raise
        if wanted:
            self._files.append(file)
        else:
            os.close(file)

    def _count(self, file: int) -> int:
        try:
            events = os.read(file, _AT_ONCE * _EVENT.size)
        except BlockingIOError:
            return 0  # nobody has touched it
        except OSError as error:  # unplugged; read again, it says the same
            _log.debug("a touch panel: %s", error)
            return 0
        whole = events[: len(events) // _EVENT.size * _EVENT.size]
        return sum(
            event[2:] == (_EV_KEY, _BTN_TOUCH, _PRESSED) for event in _EVENT.iter_unpack(whole)
        )
