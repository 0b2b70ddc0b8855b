"""What is remembered of sessions: a database that is written once a minute."""

from __future__ import annotations

import errno
import logging
import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from device.closing import Closing
from device.errors import MienError, SinkError
from device.history import rows
from device.history.database import Database
from device.history.pending import Pending
from device.history.periods import MINUTES, By, minute_of, period_of, stretches, time_of
from device.history.rows import SessionHead, head_of
from device.history.wall import Wall
from device.summary import SessionSummary, Slot
from device.tally import Tally

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# Kept in memory it is for one run: a fortnight of minutes.
_MEMORY_BYTES = 5_000_000
_MOST_SLOTS = 20_000
_WARN_EVERY_S = 3600.0
_PURGE_EVERY_S = 3600.0
_PATIENCE_S = 5.0
_JOIN_S = 10.0
_RETRY_S = 0.2
_REASONS = {
    sqlite3.SQLITE_BUSY: "another program uses it",
    sqlite3.SQLITE_LOCKED: "another program uses it",
    sqlite3.SQLITE_FULL: "no space left: free some",
    sqlite3.SQLITE_READONLY: "it may not be written",
}


class PeriodError(MienError, ValueError):
    """A period of the past cannot be told."""


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
            _make_folder(path)
        self.wall = wall or Wall()
        self._path = path
        self._keep_s = keep_days * 86400
        self._write_every_s = write_every_s
        self._database = Database(path, max_bytes=max_bytes, read_only=read_only)
        # Whoever uses the database holds _busy, maybe for long; _changed only for a moment.
        self._busy = threading.Lock()
        self._changed = threading.Condition()
        self._pending = Pending()
        self._closed = self._over = self._failing = False
        self._running = 0
        self._written_s = time.monotonic()
        self._purged_s = self._warned_s = -math.inf
        if read_only:
            self._check()
        self.wall.know(self._ask(lambda: self._database.ask(rows.last_written_s), 0.0))
        # A card that hangs must not keep the process.
        self._thread = threading.Thread(target=self._write_on, name="history", daemon=True)
        if not read_only:
            self._thread.start()

    def begin(self, name: str, began: datetime) -> int:
        """Begin a session, and return its number: higher than all before."""
        number = self._write(lambda batch: self._begin(batch, name, began)) or 0
        # Where the database cannot be used, seconds are higher than any count of sessions.
        self._running = number or max(self._running + 1, int(self.wall.now_s()))
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
        found, pending = self._ask_both(lambda: self._database.ask(rows.heads), nothing)
        heads = {head.id: head for head in found}
        heads |= {id: head_of(summary) for id, summary in pending.sessions.items()}
        for id in heads.keys() & pending.names.keys():
            heads[id] = msgspec.structs.replace(heads[id], name=pending.names[id])
        return [heads[id] for id in sorted(heads.keys() - pending.deleted)]

    def get(self, id: int) -> SessionSummary | None:
        """Return a session as far as it was kept; None where there is no such one."""
        found, pending = self._ask_both(
            lambda: self._database.ask(lambda db: rows.summary(db, id)), None
        )
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
        if start.tzinfo is None or end.tzinfo is None:
            raise PeriodError("a time has no offset from UTC: give it, as 2026-01-31T12:00+01:00")
        zone = start.tzinfo
        first = minute_of(start)
        last = minute_of(end) + bool(end.second or end.microsecond)
        nothing: dict[tuple[int, int], Tally] = {}
        sums, pending = self._ask_both(lambda: self._sums(by, first, last, zone), nothing)
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
        found, pending = self._ask_both(lambda: self._database.ask(rows.span), None)
        minutes = [*(found or ()), *(minute for _, minute in pending.minutes)]
        if not minutes:
            return None
        return time_of(min(minutes), zone), time_of(max(minutes) + 1, zone)

    def flush(self) -> bool:
        """Write what is pending now; tell whether that was possible."""
        return self._write(self._write_batch) is not None

    def close(self) -> None:
        """Write what is pending, and let go of the file; wait for it up to 10 s."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        if self._thread.ident is None:
            self._database.close()
            return
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            _log.warning("the history %s: still busy %g s after closing", self._name, _JOIN_S)

    @property
    def _name(self) -> str:
        return "in memory" if self._path is None else str(self._path)

    def _write_on(self) -> None:
        """Write what is pending, once a minute at most; runs in a thread of its own."""
        while not self._over:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._pending)
                every_s = max(self._write_every_s, _RETRY_S if self._failing else 0.0)
                due_s = self._written_s + every_s - time.monotonic()
                self._changed.wait_for(lambda: self._closed, timeout=max(0.0, due_s))
                last = self._closed
            self._write(self._write_batch, patience_s=-1)
            if last:
                self._end()

    def _end(self) -> None:
        with self._busy:
            self._over = True
            self._database.close()
        if self._pending:
            _log.warning("the history %s: what could not be written is lost", self._name)

    def _write(
        self, action: Callable[[Pending], Answer], *, patience_s: float = _PATIENCE_S
    ) -> Answer | None:
        """Have ``action`` write all that is pending; None where it could not, and all is kept."""
        if not self._busy.acquire(timeout=patience_s):
            return None  # the thread takes it, when it comes through
        try:
            with self._changed:
                batch, self._pending = self._pending, Pending()
            self._written_s = time.monotonic()
            return self._write_or_keep(action, batch)
        finally:
            self._busy.release()

    def _write_or_keep(self, action: Callable[[Pending], Answer], batch: Pending) -> Answer | None:
        answer = None
        try:
            if not self._over:
                answer = self._mended(lambda: action(batch))
        except (sqlite3.Error, OSError) as error:
            self._warn(error)
        if answer is None:
            with self._changed:
                batch.take(self._pending)
                self._pending = batch
                self._changed.notify_all()
        elif self._failing:
            self._failing = False
            _log.info("the history %s is written again", self._name)
        return answer

    def _begin(self, batch: Pending, name: str, began: datetime) -> int:
        return self._database.begin(batch, name, began, self.wall.now_s())

    def _write_batch(self, batch: Pending) -> bool:
        if batch:
            self._database.write(
                batch, self.wall.now_s(), before_s=self._before_s(), running=self._running
            )
        return True

    def _before_s(self) -> float | None:
        """Return before when what was written goes, where it is time to look for that."""
        believed = self.wall.believed()
        if not believed or time.monotonic() < self._purged_s + _PURGE_EVERY_S:
            return None
        self._purged_s = time.monotonic()
        return self.wall.now_s() - self._keep_s if math.isfinite(self._keep_s) else None

    def _sums(self, by: By, first: int, last: int, zone: tzinfo) -> dict[tuple[int, int], Tally]:
        """Return what was counted by period: its first minute, and that of the next."""
        sums: dict[tuple[int, int], Tally] = {}
        there = self._database.ask(rows.span)
        if there is None or max(first, there[0]) >= min(last, there[1] + 1):
            return sums
        # Of what there is alone: the time that is asked for may be all that there can be.
        begins, _ = period_of(max(first, there[0]), by, zone)
        _, ends = period_of(min(last, there[1] + 1) - 1, by, zone)
        width = MINUTES[by]
        for low, high, shift in stretches(begins, ends, zone):
            sum_up = partial(
                rows.sums, first=low, end=high, shift=shift, width=width, most=_MOST_SLOTS
            )
            found = self._database.ask(sum_up)
            for number, tally in found.items():
                # The day on which the clocks are set is in two stretches.
                period = period_of(max(low, number * width - shift), by, zone)
                sums.setdefault(period, Tally()).add(tally)
            if len(sums) > _MOST_SLOTS:
                raise PeriodError(
                    f"more than {_MOST_SLOTS:,} {by}s: ask for less, or for longer ones"
                )
        return sums

    def _ask_both(
        self, question: Callable[[], Answer], otherwise: Answer
    ) -> tuple[Answer, Pending]:
        """Return the database's answer, and what was pending at that moment."""
        pending = Pending()

        def both() -> Answer:
            nonlocal pending
            pending = self._copied()
            return question()

        answer = self._ask(both, otherwise)
        return answer, pending or self._copied()

    def _copied(self) -> Pending:
        with self._changed:
            return self._pending.copy()

    def _ask(self, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Return the database's answer, or ``otherwise`` where it has none."""
        if not self._busy.acquire(timeout=_PATIENCE_S):
            return otherwise
        try:
            return otherwise if self._over else self._mended(question)
        except (sqlite3.Error, OSError) as error:
            self._warn(error)
            return otherwise
        finally:
            self._busy.release()

    def _mended(self, action: Callable[[], Answer]) -> Answer:
        """Do ``action``; where it finds the file damaged, once more with a new one."""
        try:
            return action()
        except sqlite3.Error as error:
            if not self._database.mend(error):
                raise
            return action()

    def _warn(self, error: sqlite3.Error | OSError) -> None:
        self._failing = True
        if time.monotonic() < self._warned_s + _WARN_EVERY_S:
            return
        self._warned_s = time.monotonic()
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        reason = _REASONS.get(code, (getattr(error, "strerror", None) or str(error)).lower())
        _log.warning(
            "cannot use the history %s: %s: what comes is kept and tried again", self._name, reason
        )

    def _check(self) -> None:
        """Raise SinkError where there is nothing to be read."""
        try:
            self._database.ask(rows.span)
        except (sqlite3.Error, OSError) as error:
            self._database.close()
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise SinkError(f"cannot read the history {self._name}: {reason}") from error


def _make_folder(path: Path) -> None:
    folder = path.parent
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "may not be written")
        if path.exists() and not path.is_file():
            raise FileExistsError(errno.EEXIST, f"{path.name} is no file")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SinkError(
            f"cannot keep the history in {folder}: {reason}: "
            "give a folder that may be written, in one that is there"
        ) from error
