"""Readings as lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from device.errors import SinkError, why
from device.lines import line
from device.records import Frame, Reading
from device.sinks.base import Sink


class Console(Sink):
    """Prints ``11:11:11s : Happy , 73%``, with the face's number where there are several.

    Raises BrokenPipeError when the reader of ``stream`` has gone, SinkError
    where it cannot be written otherwise.
    """

    name = "console"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._faces = 1

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Count the faces: where several are seen, each line has its face's number."""
        self._faces = len(readings)

    def write(self, readings: Sequence[Reading]) -> None:
        """Print a line for each reading, at once."""
        try:
            for reading in readings:
                face = reading.face.id if self._faces > 1 else None
                text = line(reading.time, reading.emotion, reading.probability, face)
                print(text, file=self._stream, flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = why(error)
            raise SinkError(f"cannot print readings: {reason}") from error
