"""What every sink of readings keeps to."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from device.records import Reading


class Sink:
    """Takes readings. A context manager; ``close`` may be called again.

    Raises SinkError where it cannot be opened or written to.
    """

    def write(self, readings: Sequence[Reading]) -> None:
        """Take the readings of one moment, one for each face."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what was opened; nothing that was taken is lost."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
