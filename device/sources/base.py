"""What every source of frames keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from device.records import Frame


class Source:
    """Frames, one after another, from a camera or a recording.

    A source is a context manager: it holds its camera or file from its
    construction until ``close``, which may be called again. Iterating over it
    gives frames in the order of their ``time_s``.

    live: whether frames come by the clock of the world and are lost if nobody
        takes them. A recording waits, and its clock is its own.
    name: what it is, for people.

    Raises SourceError where it cannot be opened, or stops giving frames.
    """

    live: bool = False
    name: str = "source"

    def __iter__(self) -> Iterator[Frame]:
        raise NotImplementedError

    def stop(self) -> None:
        """End the iteration soon, also one that waits. May be called in a signal handler."""

    def close(self) -> None:
        """Let go of the camera or file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
