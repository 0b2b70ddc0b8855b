"""Who has logged in: tokens in cookies."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

LASTS_S = 30 * 86400.0
_MOST = 64


class Logins:
    """Tokens that were given out, of which only hashes are kept, in memory.

    There are some dozen at most; beyond that the oldest ends. A restart ends all.

    clock: the monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_s: OrderedDict[bytes, float] = OrderedDict()

    def begin(self) -> str:
        """Return a new token."""
        token = secrets.token_urlsafe(32)
        self._ends_s[_hashed(token)] = self._clock() + LASTS_S
        while len(self._ends_s) > _MOST:
            self._ends_s.popitem(last=False)
        return token

    def holds(self, token: str) -> bool:
        """Tell whether ``token`` was given out, and has neither ended nor expired."""
        hashed = _hashed(token)
        ends_s = self._ends_s.get(hashed)
        if ends_s is None:
            return False
        if self._clock() >= ends_s:
            del self._ends_s[hashed]
            return False
        return True

    def end(self, token: str) -> None:
        """Let ``token`` hold no longer."""
        self._ends_s.pop(_hashed(token), None)


def _hashed(token: str) -> bytes:
    # A token is random, so a fast hash does; looking it up tells nothing of the others.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
