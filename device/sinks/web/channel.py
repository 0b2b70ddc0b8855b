"""The newest of something, made once for all who listen, and only while somebody does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

_log = logging.getLogger(__name__)

Make = Callable[["Channel"], Awaitable[None]]
# After a failure, so that what fails at once does not fail all the time.
_PAUSE_S = 1.0


class Channel:
    """Parts of several kinds, of each of which the newest is kept. One event loop's own.

    name: what is made, for the log.
    make: publishes parts for as long as it is let. It is started with the first listener
        and cancelled with the last; where it fails, it is started again, and once there is
        a warning.
    """

    def __init__(self, name: str, make: Make) -> None:
        self._name = name
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self._number = 0
        self._parts: dict[str, tuple[int, bytes]] = {}
        self._changed = asyncio.Event()
        self._warned = False
        self.listeners = 0
        self.closed = False

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """Be one of the listeners within the block."""
        self.listeners += 1
        if self._task is None and not self.closed:
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield
        finally:
            self.listeners -= 1
            if not self.listeners:
                self._rest()

    def publish(self, kind: str, part: bytes) -> None:
        """Let ``part`` be the newest of its ``kind``."""
        self._number += 1
        self._parts[kind] = (self._number, part)
        self._wake()

    async def after(self, number: int, limit_s: float) -> tuple[int, list[bytes]]:
        """Return the newest parts that came after ``number``, and the number to ask with next.

        There are none where the channel is closed, or none came within ``limit_s``.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not self.closed and not self._later(number):
                    await self._changed.wait()
        return max(number, self._number), [] if self.closed else self._later(number)

    def close(self) -> None:
        """Make no more, and let all who listen go."""
        self.closed = True
        self._rest()
        self._wake()

    def _later(self, number: int) -> list[bytes]:
        return [part for at, part in sorted(self._parts.values()) if at > number]

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _rest(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._parts.clear()  # who comes next wants nothing old

    async def _run(self) -> None:
        while True:
            try:
                await self._make(self)
            except Exception as error:
                if not self._warned:
                    _log.warning("web page: no %s: %s", self._name, _reason(error))
                self._warned = True
            await asyncio.sleep(_PAUSE_S)


def _reason(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return " ".join(f"{type(error).__name__}: {error}".split())  # OpenCV's have several lines
