"""The rows of the history's database: how they are written, read and deleted.

Functions of an open connection; they raise sqlite3.Error. A minute is a number: minutes since
1970 in UTC.
"""

from __future__ import annotations

import sqlite3
import zlib
from datetime import datetime

import msgspec

from device.history.pending import Pending
from device.summary import SessionHead, SessionSummary
from device.tally import Tally

# So that no other program's database is taken for ours: "Mien".
APPLICATION = 0x4D69656E
VERSION = 1
SCHEMA = (
    """CREATE TABLE session (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
        began TEXT NOT NULL, ended TEXT NOT NULL,
        watched_s REAL NOT NULL, somebody_s REAL NOT NULL, faces INTEGER NOT NULL,
        written_s INTEGER NOT NULL, summary BLOB)""",
    # By session first: sessions are numbered as they came, whatever the clock said.
    """CREATE TABLE minute (
        session INTEGER NOT NULL, minute INTEGER NOT NULL,
        watched_ms INTEGER NOT NULL, somebody_ms INTEGER NOT NULL,
        changes INTEGER NOT NULL, faces INTEGER NOT NULL,
        PRIMARY KEY (session, minute)) WITHOUT ROWID""",
    """CREATE TABLE emotion (
        session INTEGER NOT NULL, minute INTEGER NOT NULL, emotion TEXT NOT NULL,
        ms INTEGER NOT NULL, PRIMARY KEY (session, minute, emotion)) WITHOUT ROWID""",
)
# Few sessions first, then each one's minutes by the key.
_SUMS = (
    "SELECT (minute + ?) / ?, sum(watched_ms), sum(somebody_ms), sum(changes), sum(faces)"
    " FROM minute WHERE session IN (SELECT id FROM session) AND minute >= ? AND minute < ?"
    " GROUP BY 1 LIMIT ?"
)
_EMOTION_SUMS = (
    "SELECT (minute + ?) / ?, emotion, sum(ms)"
    " FROM emotion WHERE session IN (SELECT id FROM session) AND minute >= ? AND minute < ?"
    " GROUP BY 1, 2"
)
# Before 2020 no clock was right: rows of then were written before it was set.
_CLOCK_SET_S = 1_577_836_800


def begin(db: sqlite3.Connection, name: str, began: datetime, now_s: float) -> int:
    """Write a new session, and return its number: one that there never was."""
    # Those that ended before anything was known of them are none.
    db.execute("DELETE FROM session WHERE summary IS NULL")
    values = (name, began.isoformat(), began.isoformat(), int(now_s))
    number = db.execute(
        "INSERT INTO session(name, began, ended, watched_s, somebody_s, faces, written_s)"
        " VALUES(?, ?, ?, 0, 0, 0, ?)",
        values,
    ).lastrowid
    return int(number or 0)


def write(db: sqlite3.Connection, pending: Pending, now_s: float) -> None:
    """Write what is pending; minutes that are there already grow."""
    for summary in pending.sessions.values():
        _write_session(db, summary, now_s)
    for (session, minute), tally in pending.minutes.items():
        _write_minute(db, session, minute, tally)
    for id, name in pending.names.items():
        db.execute("UPDATE session SET name = ? WHERE id = ?", (name, id))
    for id in pending.deleted:
        delete(db, id)


def delete(db: sqlite3.Connection, id: int) -> None:
    """Delete a session with its minutes."""
    for statement in (
        "DELETE FROM emotion WHERE session = ?",
        "DELETE FROM minute WHERE session = ?",
        "DELETE FROM session WHERE id = ?",
    ):
        db.execute(statement, (id,))


def delete_before(db: sqlite3.Connection, before_s: float, running: int) -> bool:
    """Delete what was written before ``before_s``; tell whether there was anything.

    What was written before the clock was set may be of yesterday, and stays.
    """
    old = db.execute(
        "SELECT id FROM session WHERE written_s >= ? AND written_s < ? AND id <> ?",
        (_CLOCK_SET_S, before_s, running),
    ).fetchall()
    for (id,) in old:
        delete(db, id)
    minutes = (_CLOCK_SET_S // 60, int(before_s // 60))
    within = "WHERE session IN (SELECT id FROM session) AND minute >= ? AND minute < ?"
    db.execute(f"DELETE FROM emotion {within}", minutes)  # noqa: S608
    return bool(old) | bool(db.execute(f"DELETE FROM minute {within}", minutes).rowcount)  # noqa: S608


def delete_oldest(db: sqlite3.Connection, count: int, running: int) -> bool:
    """Delete the oldest ``count`` minutes of the oldest session, or that; False for nothing left.

    running: the session that stays, even without any minutes.
    """
    (id,) = db.execute(
        "SELECT min(id) FROM session WHERE id <> ?"
        " OR EXISTS (SELECT 1 FROM minute WHERE session = id)",
        (running,),
    ).fetchone()
    if id is None:
        return False
    last = db.execute(
        "SELECT max(minute) FROM (SELECT minute FROM minute WHERE session = ?"
        " ORDER BY minute LIMIT ?)",
        (id, count),
    ).fetchone()[0]
    if last is None:
        delete(db, id)
        return True
    db.execute("DELETE FROM emotion WHERE session = ? AND minute <= ?", (id, last))
    db.execute("DELETE FROM minute WHERE session = ? AND minute <= ?", (id, last))
    return True


def heads(db: sqlite3.Connection) -> list[SessionHead]:
    """Return all sessions, by their numbers; those that nothing is known of are none."""
    found = db.execute(
        "SELECT id, name, began, ended, watched_s, somebody_s, faces FROM session"
        " WHERE summary IS NOT NULL ORDER BY id"
    )
    parse = datetime.fromisoformat
    return [SessionHead(id, name, parse(a), parse(b), *rest) for id, name, a, b, *rest in found]


def summary(db: sqlite3.Connection, id: int) -> SessionSummary | None:
    """Return a session; None where there is none, or it cannot be understood."""
    found = db.execute("SELECT name, summary FROM session WHERE id = ?", (id,)).fetchone()
    name, packed = found or ("", None)
    if packed is None:
        return None
    try:
        kept = msgspec.json.decode(zlib.decompress(packed), type=SessionSummary)
    except (zlib.error, msgspec.MsgspecError):
        return None
    return msgspec.structs.replace(kept, name=name)


def last_written_s(db: sqlite3.Connection) -> float:
    """Return when anything was written last, in seconds since 1970; 0 for never."""
    (last_s,) = db.execute("SELECT max(written_s) FROM session").fetchone()
    return float(last_s or 0)


def span(db: sqlite3.Connection) -> tuple[int, int] | None:
    """Return the first minute that there is anything of, and the last; None for none."""
    first, last = db.execute(
        "SELECT min(first), max(last) FROM (SELECT"
        " (SELECT min(minute) FROM minute WHERE session = id) AS first,"
        " (SELECT max(minute) FROM minute WHERE session = id) AS last FROM session)"
    ).fetchone()
    return None if first is None else (first, last)


def sums(
    db: sqlite3.Connection, first: int, end: int, *, shift: int, width: int, most: int
) -> dict[int, Tally]:
    """Return what was counted from minute ``first`` until ``end``.

    By (minute + ``shift``) // ``width``; of more than ``most`` there is no use.
    """
    values = (shift, width, first, end)
    found: dict[int, Tally] = {}
    for number, watched_ms, somebody_ms, changes, faces in db.execute(_SUMS, (*values, most + 1)):
        tally = found[number] = Tally()
        tally.watched_s, tally.somebody_s = watched_ms / 1000, somebody_ms / 1000
        tally.changes, tally.faces = changes, faces
    if len(found) > most:
        return found
    for number, emotion, ms in db.execute(_EMOTION_SUMS, values):
        found.setdefault(number, Tally()).seconds[emotion] = ms / 1000
    return found


def _write_session(db: sqlite3.Connection, summary: SessionSummary, now_s: float) -> None:
    ended = summary.ended or summary.began
    db.execute(
        "INSERT INTO session VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
        " name = excluded.name, ended = excluded.ended, watched_s = excluded.watched_s,"
        " somebody_s = excluded.somebody_s, faces = excluded.faces,"
        " written_s = excluded.written_s, summary = excluded.summary",
        (
            summary.id,
            summary.name,
            summary.began.isoformat(),
            ended.isoformat(),
            summary.watched_s,
            summary.somebody_s,
            summary.faces,
            int(now_s),
            zlib.compress(msgspec.json.encode(summary)),
        ),
    )


def _write_minute(db: sqlite3.Connection, session: int, minute: int, tally: Tally) -> None:
    db.execute(
        "INSERT INTO minute VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " watched_ms = watched_ms + excluded.watched_ms,"
        " somebody_ms = somebody_ms + excluded.somebody_ms,"
        " changes = changes + excluded.changes, faces = faces + excluded.faces",
        (
            session,
            minute,
            round(1000 * tally.watched_s),
            round(1000 * tally.somebody_s),
            tally.changes,
            tally.faces,
        ),
    )
    db.executemany(
        "INSERT INTO emotion VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET ms = ms + excluded.ms",
        [(session, minute, name, round(1000 * s)) for name, s in tally.seconds.items()],
    )
