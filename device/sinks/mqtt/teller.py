"""Says what is wrong once, and again when it still is after an hour."""

from __future__ import annotations

import logging
import time

_log = logging.getLogger(__name__)


class Teller:
    """Warns of each thing at once, and then every ``repeat_s`` seconds at most."""

    def __init__(self, repeat_s: float) -> None:
        self._repeat_s = repeat_s
        self._told_s: dict[str, float] = {}

    def warn(self, what: str, more: str = "") -> bool:
        """Warn of ``what``, with ``more`` behind it; return whether it was time to.

        ``what`` tells one thing from another; ``more`` may differ each time.
        """
        now_s = time.monotonic()
        told_s = self._told_s.get(what)
        if told_s is not None and now_s - told_s < self._repeat_s:
            return False
        self._told_s[what] = now_s
        _log.warning("mqtt: %s%s", what, more)
        return True
