"""The running session, and those before."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from device.closing import Closing
from device.errors import MienError
from device.history import By, History, Wall
from device.records import Reading
from device.session import Session
from device.summary import SessionHead, SessionSummary, Slot
from device.tally import Tally, with_uncertain


class UnknownSessionError(MienError, LookupError):
    """There is no session of that number."""


# A name is shown in one line.
_NAME_CHARACTERS = 200


class Sessions(Closing):
    """One session runs at any time; those that ended are in the history.

    ``see`` is called by the thread that reads, and waits for nobody; everything else by any.
    Names are cut at 200 characters.

    labels: the model's emotions.
    history: where they are kept. It belongs to this object from now on.
    gap_s: where looks are further apart nobody knows what was between them.
    """

    def __init__(self, labels: Sequence[str], history: History, *, gap_s: float = 2.0) -> None:
        self._labels = list(labels)
        self._gap_s = gap_s
        self._history = history
        # Who ends one session and begins another: one at a time.
        self._turn = threading.Lock()
        self._closed = False
        self._running = self._begin("")

    def see(self, readings: Sequence[Reading], time_s: float) -> None:
        """Take what was seen in the frame of ``time_s`` on the source's clock: each face."""
        self._running.see(readings, time_s)

    def strip(self) -> list[str | None]:
        """Return the last 5 minutes; see ``Session.strip``."""
        return self._running.session.strip()

    def current(self) -> SessionSummary:
        """Return the running session."""
        return self._running.session.summary()

    def get(self, id: int) -> SessionSummary:
        """Return a session. Raises UnknownSessionError where there is no such one."""
        running = self._running.session
        if id == running.id:
            return running.summary()
        found = self._history.get(id)
        if found is None:
            raise UnknownSessionError(f"there is no session {id}")
        return found

    def heads(self) -> list[SessionHead]:
        """Return all sessions, the newest first."""
        current = self.current().head
        ended = [head for head in self._history.heads() if head.id != current.id]
        return [current, *reversed(ended)]

    def start(self, name: str = "") -> SessionSummary:
        """End the running session and begin another; return that."""
        with self._turn:
            self._running.end()
            self._running = self._begin(_as_text(name))
            return self.current()

    def rename(self, id: int, name: str) -> SessionSummary:
        """Call a session ``name``, and return it.

        Raises UnknownSessionError where there is no such one.
        """
        name = _as_text(name)
        with self._turn:
            self.get(id)
            running = self._running
            if id == running.session.id:
                running.session.name = name
                running.save()
                self._history.flush()
            else:
                self._history.rename(id, name)
            return self.get(id)

    def delete(self, id: int) -> None:
        """Delete a session with its minutes; in place of the running one begins another.

        Raises UnknownSessionError where there is no such one.
        """
        with self._turn:
            self.get(id)
            if id == self._running.session.id:
                self._running.end()
                self._running = self._begin("")
            self._history.delete(id)

    def past(self, by: By, start: datetime, end: datetime) -> list[Slot]:
        """Return what was counted in each minute, hour or day; see ``History.past``.

        Each has seconds of every emotion of this model, and of others that there were.
        """
        self._running.save()  # the minute that is not over, too
        none = dict.fromkeys(with_uncertain(self._labels), 0.0)
        return [
            msgspec.structs.replace(slot, seconds=none | slot.seconds)
            for slot in self._history.past(by, start, end)
        ]

    def pulse(self) -> object:
        """Return what differs while the history is written; None while nothing is."""
        return self._history.pulse()

    def close(self) -> None:
        """End the running session, and write what is pending."""
        with self._turn:
            if not self._closed:
                self._closed = True
                self._running.end()
                last = self.current()
                if not (last.watched_s or last.name):  # a start that saw nothing is no session
                    self._history.delete(last.id)
                self._history.close()

    def _begin(self, name: str) -> _Running:
        wall = self._history.wall
        began = datetime.fromtimestamp(wall.now_s(), UTC).astimezone()
        id = self._history.begin(name, began)
        session = Session(id, self._labels, name=name, began=began, gap_s=self._gap_s)
        return _Running(session, self._history, wall)


class _Running:
    """The session that runs, from minute to minute."""

    def __init__(self, session: Session, history: History, wall: Wall) -> None:
        self.session = session
        self._history = history
        self._wall = wall
        self._ahead_s, self._began_s = wall.ahead_s(), wall.monotonic_s()
        # Held for a moment only: the thread that reads takes it, too.
        self._lock = threading.Lock()
        self._minute = self._minute_now()
        self._over = False

    def see(self, readings: Sequence[Reading], time_s: float) -> None:
        """Count a frame; where a minute is over, have it kept."""
        if self._minute_now() != self._minute:
            self.save()  # what is counted next began in another minute
        self.session.see(readings, time_s)

    def save(self) -> None:
        """Give the history what is known by now."""
        with self._lock:
            if not self._over:
                self._save()

    def end(self) -> None:
        """Give the history what is known, for the last time."""
        with self._lock:
            self._over = True
            self._save()

    def _save(self) -> None:
        tally = self.session.drain()
        seen = tally.watched_s or tally.faces
        minutes: dict[int, Tally] = {self._minute: tally} if seen else {}
        self._minute = self._minute_now()
        # As a clock would have gone that nobody sets, and as far as the timeline reaches.
        lasted_s = max(self.session.elapsed_s, self._wall.monotonic_s() - self._began_s)
        ended = self.session.began + timedelta(seconds=lasted_s)
        self._history.keep(msgspec.structs.replace(self.session.summary(), ended=ended), minutes)

    def _minute_now(self) -> int:
        """Return the minute of the last frame: by the source's clock, from the beginning on.

        Where the wall clock was set meanwhile, it is as that has it now.
        """
        set_by_s = self._wall.ahead_s() - self._ahead_s
        time_s = self.session.began.timestamp() + self.session.elapsed_s + set_by_s
        return max(0, int(time_s // 60))


def _as_text(name: str) -> str:
    """Return ``name`` as UTF-8 can have it: JSON knows halves of characters, too."""
    return name[:_NAME_CHARACTERS].encode(errors="replace").decode()
