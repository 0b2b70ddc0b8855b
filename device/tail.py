"""The readings as they come, for people: ``mien tail``."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec

from device.follow import follow
from device.lines import line
from device.palette import colour

# A face that was read within this time of another one is told by its number, and so is that.
_TOGETHER_S = 2.0
_EMOJI = {
    "angry": "😠",
    "disgust": "🤢",
    "fear": "😨",
    "happy": "😊",
    "sad": "😢",
    "surprise": "😮",
    "neutral": "😐",
    "uncertain": "🤔",
}


class Record(msgspec.Struct):
    """What counts of a line of the log; see ``device.sinks.fields.as_dict``."""

    time: datetime
    face: int
    emotion: str
    probability: float
    model: str = ""


def tail(path: Path, stream: TextIO, *, last: int, stop: threading.Event | None = None) -> None:
    """Print the last readings of the log at ``path``, and each new one, until interrupted.

    They look as those of the console, in the time of this machine; on a terminal in colour.

    stop: ends it as well.

    Raises SourceError where the log cannot be read, KeyboardInterrupt at Ctrl-C.
    """
    paint = Paint(stream, os.environ)
    seen_s: dict[int, float] = {}
    for record in records(follow(path, stop or threading.Event(), last=last)):
        now_s = record.time.timestamp()
        seen_s = {face: at_s for face, at_s in seen_s.items() if abs(now_s - at_s) < _TOGETHER_S}
        seen_s[record.face] = now_s
        face = record.face if len(seen_s) > 1 else None
        text = line(record.time.astimezone(), record.emotion, record.probability, face)
        print(paint(text, record.emotion), file=stream, flush=True)


def records(lines: Iterator[dict[str, Any]]) -> Iterator[Record]:
    """Give those of ``lines`` that are readings."""
    for content in lines:
        try:
            record = msgspec.convert(content, Record)
        except msgspec.ValidationError:
            continue
        if record.time.tzinfo is not None and record.emotion.isprintable():
            yield record


class Paint:
    """Colours a line where ``stream`` is a terminal that can, and nobody asked for NO_COLOR."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str]) -> None:
        kind = environment.get("TERM", "dumb")
        self._colours = stream.isatty() and kind != "dumb" and not environment.get("NO_COLOR")
        # The bare console has letters alone.
        self._emoji = self._colours and kind != "linux" and "utf" in (stream.encoding or "").lower()

    def __call__(self, text: str, emotion: str) -> str:
        """Return ``text`` in the colour of ``emotion``, behind its emoji."""
        if self._emoji:
            text = f"{_EMOJI.get(emotion, '🙂')} {text}"
        if not self._colours:
            return text
        red, green, blue = colour(emotion)
        return f"\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"
