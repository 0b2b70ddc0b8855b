"""Threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")


class Work:
    """A thread for pictures, and one for passwords, plots and what lies on the disk."""

    def __init__(self) -> None:
        self._pictures = ThreadPoolExecutor(1, "web pictures")
        self._others = ThreadPoolExecutor(1, "web work")

    async def picture(
        self, do: Callable[P, Result], *arguments: P.args, **named: P.kwargs
    ) -> Result:
        """Return what ``do`` gives, done in the pictures' thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pictures, lambda: do(*arguments, **named))

    async def do(self, do: Callable[P, Result], *arguments: P.args, **named: P.kwargs) -> Result:
        """Return what ``do`` gives, done in the other thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._others, lambda: do(*arguments, **named))

    def close(self) -> None:
        """Finish what is being done, and nothing else."""
        for executor in (self._pictures, self._others):
            executor.shutdown(wait=True, cancel_futures=True)
