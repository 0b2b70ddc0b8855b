"""The running statistics of a session, in constant memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from datetime import datetime

from device.records import UNCERTAIN, Reading
from device.summary import FaceSummary, SessionSummary
from device.tally import Strip, Tally, Timeline, with_uncertain

# So many faces are kept one by one; those not seen for longest are counted as one.
_FACES = 100
# Thirty years: a clock that goes further is broken, and no date may come of it.
_LONGEST_S = 1e9


class Session:
    """Counts how long which emotions were seen, from frame to frame.

    The time from one frame to the next counts as what the first of them showed. A face that
    is ``still`` is a picture of one, and counts as nobody. ``see`` is called by one thread,
    everything else by any.

    id: its number.
    labels: the model's emotions.
    name: what its owner calls it.
    began: when it began, with the offset from UTC. All its times follow from that and from
        the source's clock, so a clock that is set meanwhile changes none.
    gap_s: where frames are further apart nobody knows what was between them.
    """

    def __init__(
        self,
        id: int,
        labels: Sequence[str],
        *,
        name: str = "",
        began: datetime,
        gap_s: float = 2.0,
    ) -> None:
        self.id = id
        self.name = name
        self.began = began
        self._gap_s = gap_s
        self._labels = with_uncertain(labels)
        self._lock = threading.Lock()
        self._total = Tally(self._labels)
        self._undrained = Tally()
        self._timeline = Timeline(self._labels, began)
        self._strip = Strip()
        self._faces: dict[int, _Face] = {}
        self._others: _Face | None = None
        # The last frame: when it was on the source's clock, and who was in it.
        self._time_s = math.nan
        self._origin_s = math.nan
        self._there: list[tuple[int, str]] = []
        self._largest: str | None = None

    def see(self, readings: Sequence[Reading], time_s: float) -> None:
        """Take what was seen in the frame of ``time_s`` on the source's clock: each face."""
        there = [reading for reading in readings if not reading.face.still]
        with self._lock:
            self._go_on(time_s)
            elapsed_s = time_s - self._origin_s
            for reading in there:
                self._meet(reading.face.id, reading.emotion, elapsed_s)
            self._there = [(reading.face.id, reading.emotion) for reading in there]
            self._largest = (
                max(there, key=lambda reading: reading.face.area_px).emotion if there else None
            )

    def summary(self) -> SessionSummary:
        """Return all that is known by now; ``ended`` is None."""
        with self._lock:
            others = [self._others] if self._others is not None else []
            return SessionSummary(
                id=self.id,
                name=self.name,
                began=self.began,
                ended=None,
                watched_s=round(self._total.watched_s, 3),
                somebody_s=round(self._total.somebody_s, 3),
                faces=self._total.faces,
                everybody=self._total.shares(),
                each=[face.summary() for face in [*others, *self._faces.values()]],
                timeline=self._timeline.slots(),
            )

    def strip(self) -> list[str | None]:
        """Return the last 5 minutes, the oldest first, an entry for every 2 s.

        It is what was on the largest face for most of that time, None for nobody. At most
        150 entries; fewer while the session is young.
        """
        with self._lock:
            return self._strip.slots()

    def drain(self) -> Tally:
        """Return what was counted since this was called last."""
        with self._lock:
            drained, self._undrained = self._undrained, Tally()
            return drained

    @property
    def elapsed_s(self) -> float:
        """How far the session has come on the source's clock, in seconds."""
        with self._lock:
            return 0.0 if math.isnan(self._time_s) else self._time_s - self._origin_s

    def _go_on(self, time_s: float) -> None:
        """Count the time since the last frame."""
        if math.isnan(self._time_s):
            self._time_s = self._origin_s = time_s
        since_s = time_s - self._time_s
        elapsed_s = self._time_s - self._origin_s
        if 0 < since_s <= self._gap_s:
            self._count(elapsed_s, since_s)
        if since_s < 0 or elapsed_s + since_s > _LONGEST_S:
            self._origin_s += since_s  # the source's clock was set: the session's goes on
        self._time_s = time_s
        self._strip.go_to(time_s - self._origin_s)

    def _count(self, elapsed_s: float, span_s: float) -> None:
        emotions = [emotion for _, emotion in self._there]
        for tally in (self._total, self._undrained):
            tally.spend(emotions, span_s)
        self._timeline.spend(elapsed_s, emotions, span_s)
        self._strip.spend(elapsed_s, self._largest, span_s)
        for face_id, emotion in self._there:
            face = self._find(face_id)
            if face is not None:
                face.spend(emotion, span_s)

    def _meet(self, face_id: int, emotion: str, elapsed_s: float) -> None:
        """Note that a face is there: it may be new, and it may have changed."""
        tallies = (self._total, self._undrained, self._timeline.at(elapsed_s))
        face = self._find(face_id)
        if face is None:
            face = self._faces[face_id] = _Face(face_id, self._labels, elapsed_s)
            for tally in tallies:
                tally.faces += 1
        if face.see(emotion, elapsed_s):
            for tally in tallies:
                tally.changes += 1
        self._merge_faces()

    def _find(self, face_id: int) -> _Face | None:
        face = self._faces.get(face_id)
        # Numbers rise: one as low as those that were merged is one of them.
        if face is None and self._others is not None and face_id <= self._others.highest:
            return self._others
        return face

    def _merge_faces(self) -> None:
        """Where there are too many, count the one that was not seen for longest with others."""
        if len(self._faces) <= _FACES:
            return
        gone = self._faces.pop(min(self._faces, key=lambda id: self._faces[id].last_s))
        if self._others is None:
            self._others = _Face(0, self._labels, gone.first_s)
        self._others.merge(gone)


class _Face:
    """What was read of one face; or, as number 0, of all those that are not told apart."""

    def __init__(self, id: int, labels: Sequence[str], elapsed_s: float) -> None:
        self.first_s = self.last_s = elapsed_s
        self.highest = id
        self._id = id
        self._tally = Tally(labels)
        self._sure: str | None = None
        self._summary: FaceSummary | None = None

    def see(self, emotion: str, elapsed_s: float) -> bool:
        """Note that it was there; tell whether another emotion took the last one's place."""
        self.last_s = max(self.last_s, elapsed_s)
        self._summary = None
        before = self._sure
        # Who was uncertain for a moment and looks as before has not changed; and of faces
        # that are not told apart nobody knows.
        if emotion != UNCERTAIN and self._id:
            self._sure = emotion
        changed = before is not None and before != self._sure
        self._tally.changes += changed
        return changed

    def spend(self, emotion: str, span_s: float) -> None:
        """Count a span in which it showed ``emotion``."""
        self._summary = None
        self._tally.spend([emotion], span_s)

    def merge(self, other: _Face) -> None:
        """Count ``other`` with this."""
        self._summary = None
        self._tally.add(other._tally)
        self.first_s = min(self.first_s, other.first_s)
        self.last_s = max(self.last_s, other.last_s)
        self.highest = max(self.highest, other.highest)

    def summary(self) -> FaceSummary:
        """Return what is known of it by now."""
        if self._summary is None:
            first_s, last_s = round(self.first_s, 3), round(self.last_s, 3)
            self._summary = FaceSummary(self._id, first_s, last_s, self._tally.shares())
        return self._summary
