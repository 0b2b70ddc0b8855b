"""What helps against a camera whose driver hangs: a new process, and at last a new start of all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from device.errors import why
from device.whole_file import write_whole

_log = logging.getLogger(__name__)

# The system is started anew no sooner after its last start; twice as long after each reboot
# that did not help, up to a day.
_UP_S, _MOST_UP_S, _MOST_DOUBLED = 3600.0, 86400.0, 5


class _Count(msgspec.Struct):
    """How often in a row a camera has hung.

    ends: of this program, since the last reboot.
    reboots: that were asked for.
    """

    ends: int = 0
    reboots: int = 0


class StuckCount:
    """Counts how often in a row a camera has hung, and asks for a reboot in the end.

    folder: where it is kept from one start to the next.
    runtime: where a file ``reboot`` asks for a reboot; None where nobody would answer.
    reboot_after: how often in a row it takes; 0: never.
    uptime_s: tells how long ago the system was started. A wall clock cannot be believed then.

    Two reboots are an hour apart at least, for the system must have been up for so long.
    """

    def __init__(
        self,
        folder: Path,
        runtime: Path | None,
        *,
        reboot_after: int,
        uptime_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._path = folder / "stuck.json"
        self._runtime = runtime
        self._reboot_after = reboot_after
        self._uptime_s = uptime_s

    @property
    def hung(self) -> bool:
        """Whether the camera hung in the process before this one."""
        return self._read().ends > 0

    def add(self) -> None:
        """Count that it hangs once more; ask for a reboot where nothing else is left."""
        count = self._read()
        count.ends += 1
        due = 0 < self._reboot_after <= count.ends
        needed_s = min(_UP_S * 2 ** min(count.reboots, _MOST_DOUBLED), _MOST_UP_S)
        if due and self._uptime_s() >= needed_s:
            # Without the count it could be asked for again and again.
            if self._write(_Count(reboots=count.reboots + 1)):
                self._ask()
            return
        yet = f": no reboot before the system was up for {needed_s / 3600:.0f} h" if due else ""
        if self._write(count) and (due or count.ends > 1):
            _log.warning("the camera has hung in %d starts in a row%s", count.ends, yet)

    def clear(self) -> None:
        """Forget it all: the camera gives frames, and goes on to."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("cannot remove %s: %s", self._path, why(error))

    def _ask(self) -> None:
        if self._runtime is None:
            _log.warning("a reboot cannot be asked for: there is no $RUNTIME_DIRECTORY")
            return
        request = self._runtime / "reboot"
        try:
            request.write_text("the camera hangs\n", encoding="utf-8")
        except OSError as error:
            _log.warning("a reboot cannot be asked for: %s: %s", request, why(error))
        else:
            _log.warning("the camera hangs after every new start: a reboot is asked for")

    def _read(self) -> _Count:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Count)
        except FileNotFoundError:
            return _Count()
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("%s: cannot be read (%s): counted from 0", self._path, why(error))
            return _Count()

    def _write(self, count: _Count) -> bool:
        """Keep the count, whole or not at all; tell whether that was possible."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, msgspec.json.encode(count))
        except OSError as error:
            _log.warning("cannot write %s: %s", self._path, why(error))
            return False
        return True
