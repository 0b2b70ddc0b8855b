"""What is remembered of sessions: a database that is written once a minute."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TypeVar

import msgspec

from device.closing import Closing
from device.errors import SinkError
from device.history import past, rows
from device.history.database import Database
from device.history.files import make_folder
from device.history.past import PeriodError
from device.history.pending import Pending
from device.history.periods import By, minute_of, period_of, time_of
from device.history.shared import Shared, reason
from device.history.wall import Wall
from device.summary import SessionHead, SessionSummary, Slot
from device.tally import Tally

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# Kept in memory it is for one run: a fortnight of minutes.
_MEMORY_BYTES = 5_000_000
_PURGE_EVERY_S = 3600.0
_RETRY_S = 0.2
_JOIN_S = 10.0
# SQLite counts no further.
_LAST_ID = 2**63 - 1


class History(Closing):
    """Sessions, and what was counted in each minute.

    Everything that is to be kept is taken at once and written by a thread of its own, so that
    a slow card slows nobody. Where it cannot be written it is kept, and tried again each
    minute: then warnings say so, one an hour at most. A damaged file is put away under another
    name, and a new one begun; so is one of a newer version. Any thread may call any method.

    path: the file; its folder is made where the one above is there. None keeps all in memory,
        for this run.
    keep_days: what is older goes, once the clock can be believed.
    max_bytes: where the file, with what SQLite keeps beside it, is larger, the oldest goes.
    write_every_s: the time from one write to the next, at least; what a user does is written
        at once.
    wall: tells the time.
    read_only: look at what there is, and change nothing.

    Raises SinkError where the folder cannot be used at all, or a file that is only to be read
    cannot be read.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        keep_days: float = math.inf,
        max_bytes: int = 50_000_000,
        write_every_s: float = 60.0,
        wall: Wall | None = None,
        read_only: bool = False,
    ) -> None:
        if path is None:
            max_bytes = min(max_bytes, _MEMORY_BYTES)
        elif not read_only:
            make_folder(path)
        self.wall = wall or Wall()
        self._keep_s = keep_days * 86400
        self._write_every_s = write_every_s
        database = Database(path, max_bytes=max_bytes, read_only=read_only)
        self._name = database.name
        if read_only:
            _check(database)
        self._shared = Shared(database)
        # Held for a moment only, by the thread that reads faces as well.
        self._changed = threading.Condition()
        self._pending = Pending()
        self._closed = False
        self._running = 0
        self._written_s = time.monotonic()
        self._purged_s = -math.inf
        self._writes, self._writing = 0, False
        self.wall.know(self._shared.use(lambda db: db.ask(rows.last_written_s), 0.0))
        # A card that hangs must not keep the process.
        self._thread = threading.Thread(target=self._write_on, name="history", daemon=True)
        if not read_only:
            self._thread.start()

    def begin(self, name: str, began: datetime) -> int:
        """Begin a session, and return its number: higher than all before."""
        now_s = self.wall.now_s()
        number = self._write(lambda db, batch: db.begin(batch, name, began, now_s)) or 0
        # Where the database cannot be used, seconds are higher than any count of sessions.
        self._running = number or max(self._running + 1, int(now_s))
        return self._running

    def keep(self, summary: SessionSummary, minutes: Mapping[int, Tally]) -> None:
        """Take what is known of a session by now, and what was counted since the last time.

        summary: its ``ended`` is how far it has come.
        minutes: what was counted, by minutes since 1970.
        """
        with self._changed:
            self._pending.keep(summary, minutes)
            self._changed.notify_all()

    def rename(self, id: int, name: str) -> None:
        """Give a session another name."""
        with self._changed:
            self._pending.names[id] = name
            self._changed.notify_all()
        self.flush()

    def delete(self, id: int) -> None:
        """Delete a session with its minutes."""
        with self._changed:
            self._pending.delete(id)
            self._changed.notify_all()
        self.flush()

    def heads(self) -> list[SessionHead]:
        """Return all sessions, by their numbers."""
        nothing: list[SessionHead] = []
        found, pending = self._ask(lambda db: db.ask(rows.heads), nothing)
        heads = {head.id: head for head in found}
        heads |= {id: summary.head for id, summary in pending.sessions.items()}
        for id in heads.keys() & pending.names.keys():
            heads[id] = msgspec.structs.replace(heads[id], name=pending.names[id])
        return [heads[id] for id in sorted(heads.keys() - pending.deleted)]

    def get(self, id: int) -> SessionSummary | None:
        """Return a session as far as it was kept; None where there is no such one."""
        if not 0 < id <= _LAST_ID:
            return None
        found, pending = self._ask(lambda db: db.ask(lambda c: rows.summary(c, id)), None)
        found = pending.sessions.get(id, found)
        if found is None or id in pending.deleted:
            return None
        return msgspec.structs.replace(found, name=pending.names.get(id, found.name))

    def past(self, by: By, start: datetime, end: datetime) -> list[Slot]:
        """Return what was counted in each minute, hour or day between two times.

        start, end: with a zone, whose hours and days are told, whole ones: those in which
            there is any minute from ``start`` until just before ``end``.

        Those that nothing is known of are left out.

        Raises PeriodError for times without a zone, and where it would be too much.
        """
        zone = start.tzinfo
        if zone is None or end.tzinfo is None:
            raise PeriodError("a time has no offset from UTC: give it, as 2026-01-31T12:00+01:00")
        first = minute_of(start)
        last = minute_of(end) + bool(end.second or end.microsecond)
        nothing: past.Sums = {}
        sums, pending = self._ask(lambda db: past.sums(db, by, first, last, zone), nothing)
        for (_, minute), tally in pending.minutes.items():
            period = period_of(minute, by, zone)
            if first < period[1] and period[0] < last:
                sums.setdefault(period, Tally()).add(tally)
        return [
            sums[begins, ends].slot(time_of(begins, zone), 60.0 * (ends - begins))
            for begins, ends in sorted(sums)
        ]

    def span(self, zone: tzinfo) -> tuple[datetime, datetime] | None:
        """Return from when until when anything is known, in the time of ``zone``; None for none."""
        found, pending = self._ask(lambda db: db.ask(rows.span), None)
        minutes = [*(found or ()), *(minute for _, minute in pending.minutes)]
        if not minutes:
            return None
        return time_of(min(minutes), zone), time_of(max(minutes) + 1, zone)

    def flush(self) -> bool:
        """Write what is pending now; tell whether that was possible."""
        return self._write(self._write_batch) is not None

    def pulse(self) -> object:
        """Return what differs while the history's thread writes; None while it waits."""
        return self._writes if self._writing else None

    def close(self) -> None:
        """Write what is pending, and let go of the file; wait for it up to 10 s."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        if self._thread.ident is None:  # only read
            self._shared.close()
            return
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            _log.warning("the history %s: still busy %g s after closing", self._name, _JOIN_S)

    def _write_on(self) -> None:
        """Write what is pending, once a minute at most; runs in a thread of its own."""
        over = False
        while not over:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._pending)
                every_s = max(self._write_every_s, _RETRY_S if self._shared.failing else 0.0)
                due_s = self._written_s + every_s - time.monotonic()
                self._changed.wait_for(lambda: self._closed, timeout=max(0.0, due_s))
                over = self._closed
            self._writes, self._writing = self._writes + 1, True
            self._write(self._write_batch, patience_s=-1)
            self._writing = False
        self._shared.close()
        if self._pending:
            _log.warning("the history %s: what could not be written is lost", self._name)

    def _write(
        self, action: Callable[[Database, Pending], Answer], *, patience_s: float = 5.0
    ) -> Answer | None:
        """Have ``action`` write all that is pending; None where it could not, and all is kept."""
        return self._shared.use(
            lambda database: self._try(action, database), None, patience_s=patience_s
        )

    def _try(self, action: Callable[[Database, Pending], Answer], database: Database) -> Answer:
        with self._changed:
            batch, self._pending = self._pending, Pending()
        self._written_s = time.monotonic()
        try:
            answer = action(database, batch)
        except (sqlite3.Error, OSError):
            with self._changed:
                batch.take(self._pending)
                self._pending = batch
                self._changed.notify_all()
            raise
        self._shared.recover()
        return answer

    def _write_batch(self, database: Database, batch: Pending) -> bool:
        if batch:
            database.write(
                batch, self.wall.now_s(), before_s=self._before_s(), running=self._running
            )
        return True

    def _before_s(self) -> float | None:
        """Return before when what was written goes, where it is time to look for that."""
        believed = self.wall.believed()
        if not believed or self.wall.monotonic_s() < self._purged_s + _PURGE_EVERY_S:
            return None
        self._purged_s = self.wall.monotonic_s()
        return self.wall.now_s() - self._keep_s if math.isfinite(self._keep_s) else None

    def _ask(
        self, question: Callable[[Database], Answer], otherwise: Answer
    ) -> tuple[Answer, Pending]:
        """Return the database's answer, and what was pending at that moment."""
        answer = self._shared.use(lambda db: (question(db), self._copied()), None)
        return answer or (otherwise, self._copied())

    def _copied(self) -> Pending:
        with self._changed:
            return self._pending.copy()


def _check(database: Database) -> None:
    """Raise SinkError where there is nothing to be read."""
    try:
        database.ask(rows.span)
    except (sqlite3.Error, OSError) as error:
        database.close()
        raise SinkError(f"cannot read the history {database.name}: {reason(error)}") from error
