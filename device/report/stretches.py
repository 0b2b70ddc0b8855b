"""From the lines of a log to stretches of time: who was read as what, and for how long."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from device.records import UNCERTAIN
from device.report.line import Line

# A line counts until the same face's next one, but no longer than this.
_LONGEST_S = 2.0
# The clock on the wall went on without the source's: the machine slept, or began anew.
_JUMP_S = 60.0
# No film is so long: that is another clock.
_LONGEST_FILM_S = 31 * 86400.0


class Stretch(msgspec.Struct, frozen=True):
    """A time in which one face was read as one emotion.

    start_s: when it began, in seconds from 1970.
    offset_s: of the clock on the wall there, from UTC.
    length_s: how long it is.
    alone_s: how much of it, at its end, no stretch before it covers.
    appeared: a face's first.
    changed: another emotion was read from this face before.
    """

    start_s: float
    offset_s: float
    length_s: float
    alone_s: float
    emotion: str
    appeared: bool
    changed: bool


def stretches(
    lines: Iterable[tuple[Line, float]],
    *,
    forget_s: float = 3.0,
    since_s: float = -math.inf,
    until_s: float = math.inf,
) -> Iterator[Stretch]:
    """Give the stretches of ``lines``, of those in the period, about in their order.

    lines: each with how far apart a face's lines usually are, in seconds.
    forget_s: a number that comes back later than this is another face's.
    since_s, until_s: in seconds from 1970; the end is left out.
    """
    clock, faces = _Clock(), _Faces(forget_s)
    for line, step_s in lines:
        anew, place_s = clock.place(line)
        if anew:
            yield from faces.end()
        if since_s <= place_s < until_s:
            yield from faces.see(line, place_s, step_s)
    yield from faces.end()


class _Clock:
    """Places lines in the world's time: by the source's clock, from where it began.

    That of a recording is its own, and a film may be read faster than it plays.
    """

    def __init__(self) -> None:
        self._wall_s = self._media_s = self._place_s = math.nan
        self._boot = ""

    def place(self, line: Line) -> tuple[bool, float]:
        """Return whether the source began anew, and when the line was, from 1970."""
        wall_s, media_s = line.time.timestamp(), line.media_time_s
        wall_step_s, media_step_s = wall_s - self._wall_s, media_s - self._media_s
        place_s = self._place_s + media_step_s
        anew = (
            not media_step_s >= 0
            or line.boot != self._boot
            or wall_step_s - media_step_s > _JUMP_S
            or place_s - wall_s > _LONGEST_FILM_S
        )
        # The clock was set, or a film is read more slowly than it plays.
        if anew or wall_step_s < -1 or wall_s - place_s > _JUMP_S:
            place_s = wall_s
        self._wall_s, self._media_s, self._place_s = wall_s, media_s, place_s
        self._boot = line.boot
        return anew, place_s


@dataclass(slots=True)
class _Face:
    """A face's last line, and what was read of it before."""

    media_s: float
    place_s: float
    line: Line
    step_s: float
    appeared: bool
    changed: bool


@dataclass
class _Faces:
    """The faces of one run of the source; times are on its clock."""

    forget_s: float
    _open: dict[int, _Face] = field(default_factory=dict)
    _known: dict[int, tuple[float, str]] = field(default_factory=dict)
    _waiting: list[tuple[float, int, Stretch]] = field(default_factory=list)
    _count: int = 0
    _covered_s: float = -math.inf

    def see(self, line: Line, place_s: float, step_s: float) -> Iterator[Stretch]:
        """Take a line; give the stretches that are certain by now."""
        now_s = line.media_time_s
        longest_s = max(_LONGEST_S, 1.5 * step_s)
        self._close_before(now_s - longest_s)
        if line.face in self._open:
            before = self._open.pop(line.face)
            self._close(before, now_s - before.media_s)
        if not line.still:  # a picture of a face is nobody
            appeared, changed = self._compare(line, now_s, longest_s)
            self._open[line.face] = _Face(now_s, place_s, line, step_s, appeared, changed)
        yield from self._certain(now_s - longest_s)

    def end(self) -> Iterator[Stretch]:
        """Give the stretches that are left, and forget all faces."""
        self._close_before(math.inf)
        yield from self._certain(math.inf)
        self._known.clear()
        self._covered_s = -math.inf

    def _compare(self, line: Line, now_s: float, longest_s: float) -> tuple[bool, bool]:
        """Return whether the face is new, and whether it was read as another emotion before."""
        seen_s, emotion = self._known.get(line.face, (-math.inf, UNCERTAIN))
        appeared = now_s - seen_s > self.forget_s + longest_s
        if appeared:
            emotion = UNCERTAIN
        changed = UNCERTAIN not in (emotion, line.emotion) and emotion != line.emotion
        sure = emotion if line.emotion == UNCERTAIN else line.emotion
        self._known[line.face] = (now_s, sure)
        if len(self._known) > 1000:
            oldest_s = now_s - self.forget_s - longest_s
            self._known = {face: it for face, it in self._known.items() if it[0] >= oldest_s}
        return appeared, changed

    def _close_before(self, media_s: float) -> None:
        """A face without another line for long counts for one step, the usual one."""
        for number in [n for n, face in self._open.items() if face.media_s < media_s]:
            face = self._open.pop(number)
            self._close(face, face.step_s)

    def _close(self, face: _Face, length_s: float) -> None:
        offset = face.line.time.utcoffset()
        offset_s = offset.total_seconds() if offset else 0.0
        stretch = Stretch(
            face.place_s, offset_s, length_s, length_s, face.line.emotion,
            face.appeared, face.changed,
        )  # fmt: skip
        self._count += 1  # of two that began together neither is less
        heapq.heappush(self._waiting, (face.media_s, self._count, stretch))

    def _certain(self, media_s: float) -> Iterator[Stretch]:
        """Give what began before ``media_s``: nothing that began earlier will come."""
        while self._waiting and self._waiting[0][0] < media_s:
            began_s, _, it = heapq.heappop(self._waiting)
            ended_s = began_s + it.length_s
            alone_s = min(max(ended_s - self._covered_s, 0.0), it.length_s)
            self._covered_s = max(self._covered_s, ended_s)
            yield it if alone_s == it.length_s else msgspec.structs.replace(it, alone_s=alone_s)
