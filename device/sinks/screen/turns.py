"""When to draw."""

from __future__ import annotations

import math

# Frames that come as often as drawings may, come a little early now and then.
_EARLY = 0.1


class Turns:
    """Says when to draw: where something has changed, and not too often.

    rate_hz: drawings a second, at most; what somebody at the screen did is drawn at once.
    """

    def __init__(self, rate_hz: float) -> None:
        self._least_s = (1 - _EARLY) / rate_hz
        self._asked: object = None
        self._content: object = None
        self._drawn_s = -math.inf

    def due(self, asked: object, content: object, now_s: float) -> bool:
        """Tell whether to draw at ``now_s`` of the monotonic clock, and note it as done.

        asked: what somebody at the screen asked for: its view, its size.
        content: what differs whenever that would look different.
        """
        early = now_s - self._drawn_s < self._least_s
        if asked == self._asked and (early or content == self._content):
            return False
        self._asked, self._content, self._drawn_s = asked, content, now_s
        return True
