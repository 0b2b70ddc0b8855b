"""How often a password may be tried."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# So many wrong tries cost nothing but themselves.
_FREE, _FREE_IN_ALL = 5, 50
_LONGEST_PAUSE_S, _LONGEST_PAUSE_IN_ALL_S = 300.0, 30.0
# After so long without a wrong try, all are forgiven.
_FORGIVEN_S = 900.0
_ADDRESSES = 512


@dataclass
class _Count:
    """Wrong tries, and until when no further one is let in, on the monotonic clock."""

    wrong: int = 0
    until_s: float = 0.0
    last_s: float = 0.0

    def add(self, now_s: float, free: int, longest_s: float) -> None:
        if now_s - self.last_s > _FORGIVEN_S:
            self.wrong = 0
        self.wrong += 1
        self.last_s = now_s
        if self.wrong >= free:
            self.until_s = now_s + min(2.0 ** min(self.wrong - free, 16), longest_s)


class Tries:
    """Counts wrong passwords, of each address and of all, and lets pauses grow.

    No pause is longer than some minutes, and an address that has given the right password
    is let in whatever others do: the owner is never locked out for good.

    clock: the monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _Count()
        # The latest last. The one not met for longest is forgotten; the sum is not.
        self._of: OrderedDict[str, _Count] = OrderedDict()
        self._right: OrderedDict[str, None] = OrderedDict()

    def pause_s(self, address: str) -> float:
        """Return for how long ``address`` has to wait before its next try; 0 for not at all."""
        key = _network(address)
        own = self._of.get(key, _Count()).until_s
        until_s = own if key in self._right else max(own, self._all.until_s)
        return max(0.0, until_s - self._clock())

    def wrong(self, address: str) -> None:
        """Note that ``address`` gave a wrong password."""
        key = _network(address)
        now_s = self._clock()
        count = self._of.setdefault(key, _Count())
        count.add(now_s, _FREE, _LONGEST_PAUSE_S)
        self._of.move_to_end(key)
        if len(self._of) > _ADDRESSES:
            self._of.popitem(last=False)
        self._all.add(now_s, _FREE_IN_ALL, _LONGEST_PAUSE_IN_ALL_S)

    def right(self, address: str) -> None:
        """Note that ``address`` gave the password."""
        key = _network(address)
        self._of.pop(key, None)
        self._right[key] = None
        self._right.move_to_end(key)
        if len(self._right) > _ADDRESSES:
            self._right.popitem(last=False)


def _network(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, whose hosts are free to choose."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
