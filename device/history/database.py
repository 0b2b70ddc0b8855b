"""The file that the history lies in: an SQLite database."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from device.closing import Closing
from device.history import files, rows
from device.history.pending import Pending

Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)

_BUSY_S = 0.5
_PAGE_BYTES = 4096
_PAGES_AT_ONCE = 2000
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# So many damaged files are kept: a card that dies must not fill up with them.
_DAMAGED_FILES = 3


class Database(Closing):
    """Sessions, and what was counted in their minutes.

    One thread at a time may use it. It is opened when it is first used. Every method raises
    sqlite3.Error where the file cannot be used, OSError where there is none.

    path: the file; None keeps all in memory.
    max_bytes: as large may it be, with what SQLite keeps beside it.
    read_only: leave it as it is; there must be one.
    """

    def __init__(self, path: Path | None, *, max_bytes: int, read_only: bool = False) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return "in memory" if self.path is None else str(self.path)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def begin(self, pending: Pending, name: str, began: datetime, now_s: float) -> int:
        """Write what is pending and a new session, and return its number."""
        with _transaction(self._open()) as db:
            rows.write(db, pending, now_s)
            return rows.begin(db, name, began, now_s)

    def write(
        self, pending: Pending, now_s: float, *, before_s: float | None, running: int
    ) -> None:
        """Write what is pending, in one transaction, and make room.

        now_s: the time, in seconds since 1970.
        before_s: what was written before that time goes; None for nothing.
        running: the session that does not go.
        """
        with _transaction(self._open()) as db:
            rows.write(db, pending, now_s)
            gone = bool(pending.deleted)
            if before_s is not None:
                gone |= rows.delete_before(db, before_s, running)
            gone |= self._shrink(db, running)
            if gone or db.execute("PRAGMA freelist_count").fetchone()[0] > _PAGES_AT_ONCE:
                _give_back_pages(db)
        large = self.path is not None and files.size_bytes(self.path) > self._max_bytes
        if gone or large:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Return the answer to ``question``, one of the readers in ``device.history.rows``."""
        return question(self._open())

    def mend(self, error: sqlite3.Error) -> bool:
        """Where ``error`` says that the file is damaged, put it away; tell whether it was.

        The next use begins a new one.
        """
        if self._read_only or not _is_damaged(error):
            return False
        self._put_away("damaged", f"is damaged ({error})")
        if self.path is not None:
            files.keep_newest(self.path, "damaged", _DAMAGED_FILES)
        return True

    def _open(self) -> sqlite3.Connection:
        """Return the connection, to a file that is there and has its tables."""
        if self._connection is not None and self._moved():
            self.close()
        if self._connection is None:
            try:
                self._connection = self._connect()
                self._accept(self._connection)
            except (sqlite3.Error, OSError):
                self.close()  # what is set up in part is begun anew
                raise
        return self._connection

    def _accept(self, db: sqlite3.Connection) -> None:
        """Set up the connection, if the file is ours."""
        kind = _kind(db)
        if self._read_only:
            if kind:
                raise sqlite3.NotSupportedError(f"it {kind}")
            return
        if kind:
            # Kept whole: an older Mien does not spoil what a newer one wrote, and reads on.
            self._put_away("other", kind)
            db = self._connection = self._connect()
        self._prepare(db)

    def _put_away(self, word: str, what: str) -> None:
        """Give the file another name, so that a new one can be begun."""
        self.close()
        if self.path is not None and self.path.exists():
            aside = files.put_away(self.path, word)
            _log.warning("the history %s %s: now %s, a new one begins", self.path, what, aside)

    def _connect(self) -> sqlite3.Connection:
        if self.path is not None:
            if not self._read_only:
                files.make_file(self.path)
            self._inode = self.path.stat().st_ino
        return _connected(self.path, read_only=self._read_only)

    def _moved(self) -> bool:
        """Tell whether somebody took the file away: what is written would be lost with it."""
        try:
            return self.path is not None and self.path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Set up the connection, and a file that is new."""
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            _make_tables(db)
        pages = max(8, min(1000, self._max_bytes // 16 // _PAGE_BYTES))
        for setting in (
            "synchronous = FULL",
            f"wal_autocheckpoint = {pages}",
            "secure_delete = FAST",
        ):
            db.execute(f"PRAGMA {setting}").fetchall()

    def _shrink(self, db: sqlite3.Connection, running: int) -> bool:
        """Delete the oldest where the file is too large, some at a time; tell whether any was."""
        limit_bytes = self._max_bytes * 3 // 4  # what SQLite keeps beside it needs room as well
        if _used_bytes(db) <= limit_bytes:
            return False
        chunk = max(60, self._max_bytes // 20_000)
        for _ in range(100):
            if _used_bytes(db) <= 0.9 * limit_bytes or not rows.delete_oldest(db, chunk, running):
                break
        return True


def _make_tables(db: sqlite3.Connection) -> None:
    for setting in (
        f"page_size = {_PAGE_BYTES}",
        "auto_vacuum = INCREMENTAL",  # counts before the first table is made
        "journal_mode = WAL",
        "synchronous = FULL",
    ):
        db.execute(f"PRAGMA {setting}").fetchall()
    with _transaction(db):
        for statement in (
            *rows.SCHEMA,
            f"PRAGMA application_id = {rows.APPLICATION}",
            f"PRAGMA user_version = {rows.VERSION}",
        ):
            db.execute(statement)


def _is_damaged(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # A table that is missing, in a file that says it is ours.
    return code in _DAMAGED or str(error).startswith("no such ")


def _kind(db: sqlite3.Connection) -> str:
    """Return what a file is that is none of this version; "" for ours, and for an empty one."""
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return ""
    if db.execute("PRAGMA application_id").fetchone()[0] != rows.APPLICATION:
        return "is another program's"
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return f"is of a newer version ({version})" if version > rows.VERSION else ""


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write all that is done within, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        # After some errors SQLite has rolled back by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _connected(path: Path | None, *, read_only: bool) -> sqlite3.Connection:
    where = ":memory:" if path is None else path.absolute().as_uri()
    mode = "?mode=ro" if read_only else ""
    # On a card that is only read SQLite can lock nothing; where a device writes, what it needs
    # for that lies beside the file, and holds what the file has not.
    if path is not None and read_only and not os.access(path.parent, os.W_OK):
        mode += "" if Path(f"{path}-shm").exists() else "&immutable=1"
    return sqlite3.connect(
        where + mode, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )


def _give_back_pages(db: sqlite3.Connection) -> None:
    """Cut free pages off the file, so that it shrinks when this is committed."""
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    for _ in range(min(free, _PAGES_AT_ONCE)):
        db.execute("PRAGMA incremental_vacuum(1)")  # of more, sqlite3 would do the first alone


def _used_bytes(db: sqlite3.Connection) -> int:
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    return int(pages - free) * _PAGE_BYTES
