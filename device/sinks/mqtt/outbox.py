"""What waits for the broker: readings in their order, and the newest of all else."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Message(NamedTuple):
    """A message; one that is retained stands for its topic until the next one comes."""

    topic: str
    payload: bytes
    retain: bool


class Outbox:
    """Readings that the broker has not confirmed, at most ``size``; the oldest goes first.

    ``put`` is called by the thread that reads, everything else by the one that sends.

    dropped: how many were dropped since the beginning, for want of room.
    """

    def __init__(self, size: int) -> None:
        self.dropped = 0
        self.size = size
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._sent = 0

    def __len__(self) -> int:
        """How many there are, with those that were sent and are not confirmed."""
        return len(self._waiting) + self._sent

    def put(self, payloads: Sequence[bytes]) -> None:
        """Add readings; where there is no room, drop the oldest that was not sent yet."""
        with self._lock:
            self._waiting.extend(payloads)
            while len(self) > self.size and self._waiting:
                self._waiting.popleft()
                self.dropped += 1

    def take(self) -> bytes | None:
        """Return the oldest reading, to be sent; None where none waits."""
        with self._lock:
            if not self._waiting:
                return None
            self._sent += 1
            return self._waiting.popleft()

    def confirm(self) -> None:
        """Forget one that was sent."""
        with self._lock:
            self._sent -= 1

    def put_back(self, payloads: Sequence[bytes]) -> None:
        """Have those sent again, before all others, that were not confirmed."""
        with self._lock:
            self._sent -= len(payloads)
            self._waiting.extendleft(reversed(payloads))


class Board:
    """The newest message of each topic that is retained; belongs to the thread that sends."""

    def __init__(self) -> None:
        self._newest: dict[str, bytes] = {}
        self._due: dict[str, None] = {}

    def put(self, topic: str, payload: bytes) -> None:
        """Have ``payload`` stand for ``topic`` from now on."""
        self._newest[topic] = payload
        self._due[topic] = None

    def __len__(self) -> int:
        """How many are to be sent."""
        return len(self._due)

    def take(self) -> Message | None:
        """Return a message that is to be sent; None where there is none."""
        if not self._due:
            return None
        topic = next(iter(self._due))
        del self._due[topic]
        return Message(topic, self._newest[topic], True)

    def renew(self) -> None:
        """Have all of them sent again: the broker, or who listens, may have lost them."""
        self._due = dict.fromkeys(self._newest)
