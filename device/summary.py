"""What is said of a session and of the past: numbers, and nothing that could be a person.

It is a statistic of expressions, not a diagnosis. Faces are numbers of a session.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from device.records import UNCERTAIN

# Emotions that are counted as negative, where a model has them.
NEGATIVE = ("angry", "disgust", "fear", "sad")


class Shares(msgspec.Struct, frozen=True):
    """How the time that faces were read for divides.

    seconds: of each emotion, in the model's order, then of ``UNCERTAIN``.
    changes: how often one emotion took another's place.
    """

    seconds: dict[str, float]
    changes: int

    @property
    def read_s(self) -> float:
        """The time that a face was there and read, of all faces together, in seconds."""
        return sum(self.seconds.values())

    @property
    def shares(self) -> dict[str, float]:
        """The share 0-1 of each in ``seconds``; all 0 where nothing was read."""
        total_s = self.read_s
        return {name: s / total_s if total_s else 0.0 for name, s in self.seconds.items()}

    @property
    def negative_share(self) -> float:
        """The share 0-1 of negative emotions in the time that was not uncertain."""
        sure_s = self.read_s - self.seconds.get(UNCERTAIN, 0.0)
        return sum(self.seconds.get(name, 0.0) for name in NEGATIVE) / sure_s if sure_s else 0.0

    @property
    def changes_per_h(self) -> float:
        """Changes of emotion in an hour of reading one face."""
        return 3600 * self.changes / self.read_s if self.read_s else 0.0


class FaceSummary(msgspec.Struct, frozen=True):
    """What was read of one face.

    id: its number in the session; 0 for all those that are no longer told apart.
    first_s, last_s: when it was seen first and last, in seconds from the session's start.
    """

    id: int
    first_s: float
    last_s: float
    read: Shares


class Slot(msgspec.Struct, frozen=True):
    """A part of a session's timeline, or of the history.

    start: when it began.
    span_s: how long it is.
    seconds: as in ``Shares``, of all faces together.
    watched_s: how long the source gave pictures in it.
    somebody_s: how long at least one face was there.
    changes: how often one emotion took another's place in it.
    faces: how many faces appeared in it.
    """

    start: datetime
    span_s: float
    seconds: dict[str, float]
    watched_s: float
    somebody_s: float
    changes: int = 0
    faces: int = 0

    @property
    def read(self) -> Shares:
        """How the time that faces were read for divides in it."""
        return Shares(self.seconds, self.changes)


class SessionHead(msgspec.Struct, frozen=True):
    """A session in short.

    id: its number, in the order of their beginnings.
    name: what its owner called it; "" for none.
    began, ended: wall time, with the offset from UTC; ``ended`` is None while it runs.
    watched_s: how long the source gave pictures.
    somebody_s: how long at least one face was there.
    faces: how many faces appeared.
    """

    id: int
    name: str
    began: datetime
    ended: datetime | None
    watched_s: float
    somebody_s: float
    faces: int


class SessionSummary(SessionHead, frozen=True):
    """A session in numbers.

    everybody: all faces together.
    each: each face, the latest last; there are at most some hundred, the earliest as one.
    timeline: slots of equal span, from the beginning, at most some hundred.
    """

    everybody: Shares
    each: list[FaceSummary]
    timeline: list[Slot]

    @property
    def head(self) -> SessionHead:
        """The session in short."""
        return SessionHead(*(getattr(self, name) for name in SessionHead.__struct_fields__))
