import logging
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.errors import SinkError
from device.history import History, PeriodError
from device.history.periods import minute_of
from device.session import Session
from device.summary import SessionSummary
from device.tally import Tally
from tests.device.conftest import ROOT, python_path
from tests.device.history.clocks import DAY_S, NOW_S, Clocks

LABELS = ["happy", "sad"]
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def tally(happy_s: float = 30.0, **counts: int) -> Tally:
    counted = Tally()
    counted.spend(["happy"], happy_s)
    counted.spend([], 60.0 - happy_s)
    counted.changes, counted.faces = counts.get("changes", 0), counts.get("faces", 0)
    return counted


def summary(id: int, name: str = "", began: datetime = NOON, minutes: float = 1) -> SessionSummary:
    summary = Session(id, LABELS, name=name, began=began).summary()
    changes = {"ended": began + timedelta(minutes=minutes), "watched_s": 60.0 * minutes}
    return type(summary)(**{f: getattr(summary, f) for f in summary.__struct_fields__} | changes)


def opened(path: Path | None, **options) -> History:
    return History(path, **{"keep_days": 400, "max_bytes": 50_000_000} | options)


def kept(history: History, *times: datetime, name: str = "", **counts) -> int:
    """Keep a session that counted a minute at each of ``times``; return its number."""
    began = times[0] if times else NOON
    id = history.begin(name, began)
    history.keep(
        summary(id, name, began, len(times)), {minute_of(t): tally(**counts) for t in times}
    )
    return id


def query(path: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(statement).fetchall()


def day(history: History, when: datetime = NOON) -> list:
    return history.past("day", when - timedelta(days=1), when + timedelta(days=1))


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture(params=["file", "memory"])
def place(request, path) -> Path | None:
    return path if request.param == "file" else None


class TestKeeping:
    def test_what_was_kept_is_there(self, place):
        with opened(place) as history:
            id = kept(history, NOON, NOON + timedelta(minutes=1), name="tea", changes=2, faces=1)
            for _ in ("pending", "written"):
                (slot,) = day(history)
                assert (slot.start, slot.span_s) == (NOON.replace(hour=0), 86400)
                assert (slot.watched_s, slot.somebody_s, slot.seconds) == (120, 60, {"happy": 60})
                assert (slot.changes, slot.faces) == (4, 2)
                (head,) = history.heads()
                assert (head.id, head.name, head.watched_s) == (id, "tea", 120)
                assert history.get(id) == summary(id, "tea", NOON, 2)
                assert history.flush()

    def test_it_is_there_after_closing(self, path):
        with opened(path) as history:
            id = kept(history, NOON, name="tea")
        with opened(path) as history:
            assert [head.name for head in history.heads()] == ["tea"]
            assert history.get(id).ended == NOON + timedelta(minutes=1)
            assert day(history)[0].watched_s == 60

    def test_minutes_that_come_twice_are_added(self, place):
        with opened(place) as history:
            id = kept(history, NOON)
            history.keep(summary(id), {minute_of(NOON): tally(10.0, changes=1)})
            assert day(history)[0].somebody_s == 40
            assert history.flush()
            history.keep(summary(id), {minute_of(NOON): tally(5.0)})
            assert day(history)[0].somebody_s == 45
            assert history.flush()
            (slot,) = day(history)
            assert (slot.somebody_s, slot.seconds, slot.changes) == (45, {"happy": 45}, 1)
            assert slot.watched_s == 180

    def test_there_is_one_row_a_minute_and_emotion(self, path):
        with opened(path) as history:
            id = kept(history, NOON, NOON + timedelta(minutes=1))
            history.keep(summary(id), {minute_of(NOON): tally()})
        assert query(path, "SELECT count(*) FROM minute") == [(2,)]
        assert query(path, "SELECT emotion, ms FROM emotion") == [
            ("happy", 60000),
            ("happy", 30000),
        ]

    def test_an_unknown_session_is_none(self, place):
        with opened(place) as history:
            kept(history, NOON)
            assert history.get(99) is None

    def test_a_name_can_be_changed_and_what_comes_next_does_not_undo_it(self, place):
        with opened(place) as history:
            id = kept(history, NOON, name="tea")
            history.rename(id, "thé à la menthe 🍵'; DROP TABLE session")
            for _ in range(2):
                assert history.heads()[0].name == history.get(id).name
                assert history.get(id).name.startswith("thé")
                assert history.flush()

    def test_a_session_is_deleted_with_its_minutes(self, path):
        with opened(path) as history:
            first, second = kept(history, NOON), kept(history, NOON)
            history.delete(first)
            assert [head.id for head in history.heads()] == [second]
            assert history.get(first) is None
            assert day(history)[0].watched_s == 60
        assert query(path, "SELECT DISTINCT session FROM emotion") == [(second,)]

    def test_a_number_is_never_used_again(self, path):
        with opened(path) as history:
            first = kept(history, NOON)
            history.delete(first)
        with opened(path) as history:
            assert history.begin("", NOON) > first

    def test_a_session_that_ended_before_anything_was_known_is_none(self, path):
        with opened(path) as history:
            history.begin("", NOON)
        with opened(path) as history:
            assert history.heads() == []

    def test_nobody_else_may_read_it(self, path):
        with opened(path) as history:
            kept(history, NOON)
            history.flush()
            files = list(path.parent.iterdir())
            assert len(files) >= 2
            assert {file.stat().st_mode & 0o777 for file in files} == {0o640}

    def test_a_summary_that_cannot_be_understood_is_none(self, path):
        with opened(path) as history:
            id = kept(history, NOON)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE session SET summary = x'00'")
        with opened(path) as history:
            assert history.get(id) is None
            assert len(history.heads()) == 1

    def test_its_folder_is_made_where_the_one_above_is_there(self, tmp_path):
        path = tmp_path / "state" / "history.db"
        with opened(path) as history:
            kept(history, NOON)
        assert path.exists()

    def test_closing_twice_is_fine_and_it_answers_afterwards(self, place):
        history = opened(place)
        id = kept(history, NOON)
        history.close()
        history.close()
        history.keep(summary(id), {})
        assert not history.flush()
        assert history.begin("", NOON) > id
        assert isinstance(history.heads(), list)

    def test_its_thread_ends(self, place):
        with opened(place):
            assert "history" in {thread.name for thread in threading.enumerate()}
        assert "history" not in {thread.name for thread in threading.enumerate()}


class TestWriting:
    def commits(self, path: Path) -> int:
        """How often the file was written, by SQLite's own count of WAL frames that commit."""
        wal = Path(f"{path}-wal").read_bytes()[32:]
        frames = [wal[at : at + 24] for at in range(0, len(wal), 24 + 4096)]
        return sum(int.from_bytes(frame[4:8], "big") > 0 for frame in frames)

    def test_what_comes_within_a_minute_waits_for_its_end(self, path):
        with opened(path) as history:
            id = kept(history, NOON)
            before = self.commits(path)
            for number in range(50):
                history.keep(summary(id), {minute_of(NOON) + number: tally()})
            assert self.commits(path) == before
            assert history.flush()
            assert self.commits(path) == before + 1
            assert history.flush()
            assert self.commits(path) == before + 1

    def test_it_is_written_without_being_asked(self, path):
        with opened(path, write_every_s=0.01) as history:
            kept(history, NOON)
            assert eventually(lambda: query(path, "SELECT count(*) FROM minute") == [(1,)])

    def test_keeping_does_not_wait_for_a_card_that_is_slow(self, path):
        with opened(path) as history:
            id = kept(history, NOON)
            with history._shared.busy:  # as while it is written
                history.keep(summary(id), {minute_of(NOON): tally()})

    def test_it_is_safe_from_a_power_cut_once_written(self, path):
        with opened(path) as history:
            kept(history, NOON)
            modes = [ask(history, p) for p in ("journal_mode", "synchronous", "auto_vacuum")]
        assert modes == [[("wal",)], [(2,)], [(2,)]]

    def test_a_process_that_is_killed_leaves_all_that_was_written(self, path):
        script = (
            "import sys; from pathlib import Path\n"
            "from tests.device.history.test_history import *\n"
            "history = opened(Path(sys.argv[1]), write_every_s=0)\n"
            "id = history.begin('', NOON)\n"
            "for number in range(100_000):\n"
            "    history.keep(summary(id), {minute_of(NOON) + number: tally(), 0: tally(1.0)})\n"
            "    if history.flush(): print(id, number, flush=True)\n"
        )
        written = []
        for round_ in range(4):
            with subprocess.Popen(
                [sys.executable, "-c", script, path],
                cwd=ROOT, env={"PYTHONPATH": python_path()}, stdout=subprocess.PIPE, text=True,
            ) as process:  # fmt: skip
                lines = [process.stdout.readline() for _ in range(5 + 13 * round_)]
                process.send_signal(signal.SIGKILL)
                lines += process.stdout.readlines()
            written.append([int(word) for word in lines[-1].split()])
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        for id, number in written:
            there = minutes_of(path, id)
            assert there >= {0} | {minute_of(NOON) + n for n in range(number + 1)}
        with opened(path) as history:
            heads = history.heads()
            assert [head.id for head in heads] == [id for id, _ in written]
            assert {head.ended for head in heads} == {NOON + timedelta(minutes=1)}


class TestPast:
    def test_hours_and_days_are_local_and_those_without_anything_are_left_out(self, place):
        zone = timezone(timedelta(hours=5, minutes=30))
        times = [datetime(2026, 1, 2, h, m, tzinfo=zone) for h, m in ((0, 5), (9, 59), (10, 0))]
        with opened(place) as history:
            kept(history, *times)
            for _ in ("pending", "written"):
                start = datetime(2026, 1, 2, tzinfo=zone)
                hours = history.past("hour", start, start + timedelta(days=1))
                assert [(s.start.hour, s.span_s, s.watched_s) for s in hours] == [
                    (0, 3600, 60), (9, 3600, 60), (10, 3600, 60),
                ]  # fmt: skip
                assert {s.start.tzinfo for s in hours} == {zone}
                minutes = history.past("minute", start, start + timedelta(days=1))
                assert [s.start for s in minutes] == times
                (whole,) = history.past("day", start, start + timedelta(days=1))
                assert (whole.start, whole.watched_s) == (start, 180)
                assert history.flush()

    def test_a_period_is_told_whole_where_a_part_of_it_is_asked_for(self, place):
        with opened(place) as history:
            kept(history, *(NOON + timedelta(minutes=m) for m in (-1, 0, 30, 59, 60)))
            for _ in ("pending", "written"):
                half = NOON + timedelta(minutes=30)
                slots = history.past("hour", half, half + timedelta(seconds=1))
                assert [(slot.start, slot.watched_s) for slot in slots] == [(NOON, 180)]
                slots = history.past("hour", NOON, NOON + timedelta(hours=1))
                assert [slot.start for slot in slots] == [NOON]
                assert history.past("hour", NOON, NOON) == []
                assert history.flush()

    @pytest.mark.parametrize(("month", "date", "hours"), [(3, 29, 23), (10, 25, 25)])
    def test_the_day_on_which_clocks_are_set_is_whole(self, place, month, date, hours):
        start = datetime(2026, month, date, tzinfo=PARIS)
        begins = start.astimezone(UTC)
        with opened(place) as history:
            kept(history, *(begins + timedelta(minutes=30, hours=n) for n in range(-1, hours + 1)))
            for _ in ("pending", "written"):
                days = history.past("day", start, start + timedelta(days=1))
                assert [(d.start, d.span_s, d.watched_s) for d in days] == [
                    (start, 3600 * hours, 60 * hours)
                ]
                slots = history.past("hour", start, start + timedelta(days=1))
                assert [slot.watched_s for slot in slots] == [60] * hours
                assert [slot.start.astimezone(UTC) for slot in slots] == [
                    begins + timedelta(hours=n) for n in range(hours)
                ]
                assert history.flush()

    def test_sessions_are_told_together(self, place):
        with opened(place) as history:
            kept(history, NOON)
            kept(history, NOON)
            assert history.flush()
            kept(history, NOON)
            assert day(history)[0].watched_s == 180

    def test_all_of_time_may_be_asked_for(self, place):
        with opened(place) as history:
            assert history.past("day", *all_of_time()) == []
            kept(history, NOON)
            assert history.flush()
            assert [slot.watched_s for slot in history.past("day", *all_of_time())] == [60]
            assert history.span(UTC) == (NOON, NOON + timedelta(minutes=1))

    def test_a_time_without_a_zone_is_refused(self):
        with opened(None) as history, pytest.raises(PeriodError, match="no offset from UTC"):
            history.past("day", datetime(2026, 1, 1), NOON)

    def test_too_much_is_refused(self, path):
        with opened(path) as history:
            kept(history, NOON)
            assert history.flush()
            with closing(sqlite3.connect(path)) as db, db:
                db.executemany(
                    "INSERT INTO minute VALUES(1, ?, 60000, 0, 0, 0)", [(n,) for n in range(20_000)]
                )
            with pytest.raises(PeriodError, match="more than 20,000 minutes"):
                history.past("minute", *all_of_time())
            assert len(history.past("hour", *all_of_time())) == 335


class TestRetention:
    def test_what_is_too_old_goes(self, path):
        today = datetime.fromtimestamp(NOW_S, UTC).replace(second=0)
        with opened(path, wall=Clocks(NOW_S - 20 * DAY_S).wall) as history:
            old = kept(history, today - timedelta(days=20))
        clocks = Clocks()
        with opened(path, keep_days=10, wall=clocks.wall) as history:
            new = kept(history, *(today - timedelta(days=n) for n in (11, 9)))
            assert history.flush()
            assert [head.id for head in history.heads()] == [old, new]  # the clock may be wrong
            clocks.pass_s(700)
            history.keep(summary(new), {})
            assert history.flush()
            assert [head.id for head in history.heads()] == [new]
            assert history.get(old) is None
            slots = history.past("minute", *all_of_time())
            assert [slot.start for slot in slots] == [today - timedelta(days=9)]

    @pytest.mark.parametrize("now_s", [100.0, NOW_S + 2000 * DAY_S])
    def test_nothing_goes_by_a_clock_that_is_wrong(self, path, now_s):
        clocks = Clocks()
        today = datetime.fromtimestamp(NOW_S, UTC)
        with opened(path, keep_days=10, wall=clocks.wall) as history:
            kept(history, today)
        wrong = Clocks(now_s)
        with opened(path, keep_days=10, wall=wrong.wall) as history:
            kept(history, datetime.fromtimestamp(now_s, UTC))
            wrong.pass_s(3600)
            history.flush()
            third = kept(history, datetime.fromtimestamp(now_s, UTC))
            wrong.now_s = NOW_S + 3600  # by the network
            wrong.pass_s(3600)
            history.wall.believed()
            wrong.pass_s(DAY_S)
            history.keep(summary(third), {})
            history.flush()
            assert wrong.wall.believed()
            assert day(history, today)[0].watched_s == 60
            assert len(history.heads()) == 3
            assert len(history.past("minute", *all_of_time())) == 2

    def test_the_oldest_goes_where_the_file_is_too_large_and_the_file_shrinks(self, path):
        minutes, most = 20_000, 400_000
        with opened(path) as history:
            first = history.begin("", NOON)
            for part in range(0, minutes, 1000):
                some = {minute_of(NOON) + part + n: tally() for n in range(1000)}
                history.keep(summary(first), some)
                assert history.flush()
            second = kept(history, NOON - timedelta(days=900))
        before = path.stat().st_size
        assert before > 2 * most
        with opened(path, max_bytes=most) as history:
            third = kept(history, NOON)
            for _ in range(6):
                history.keep(summary(third), {minute_of(NOON): tally()})
                assert history.flush()
            assert size_bytes(path) <= most
            left = sorted(minutes_of(path, first))
            assert left == list(range(min(left), minute_of(NOON) + minutes))
            assert len(left) > 1000
            # By number: the clock may have been years behind.
            assert [head.id for head in history.heads()] == [first, second, third]

    def test_a_file_never_grows_beyond_what_is_allowed(self, path):
        largest = 0
        with opened(path, max_bytes=200_000) as history:
            for number in range(150):
                id = kept(history, *(NOON + timedelta(minutes=number * 20 + n) for n in range(20)))
                assert history.flush()
                largest = max(largest, size_bytes(path))
            assert history.heads()[-1].id == id
        assert largest <= 200_000

    def test_in_memory_it_is_bounded_as_well(self):
        with opened(None, max_bytes=200_000) as history:
            for number in range(100):
                kept(history, *(NOON + timedelta(minutes=number * 60 + n) for n in range(60)))
                assert history.flush()
            assert ask(history, "page_count")[0][0] * 4096 <= 200_000

    def test_the_running_session_stays_without_minutes(self, path):
        with opened(path, max_bytes=200_000) as history:
            id = history.begin("", NOON)
            for part in range(30):
                history.keep(
                    summary(id), {minute_of(NOON) + part * 300 + n: tally() for n in range(300)}
                )
                assert history.flush()
            assert [head.id for head in history.heads()] == [id]
            assert history.get(id) is not None


class TestTroubles:
    def test_a_missing_folder_is_named(self, tmp_path):
        with pytest.raises(SinkError, match=f"history in {tmp_path}/a/b: no such file"):
            opened(tmp_path / "a" / "b" / "history.db")

    def test_a_file_in_the_folders_place_is_named(self, tmp_path):
        (tmp_path / "state").write_text("")
        with pytest.raises(SinkError, match="cannot keep the history in"):
            opened(tmp_path / "state" / "history.db")

    def test_a_folder_in_its_place_is_named(self, path):
        path.mkdir()
        with pytest.raises(SinkError, match="is no file"):
            opened(path)

    @pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
    def test_where_another_program_holds_it_it_is_written_later(self, path, caplog, how):
        with opened(path) as history:
            first = kept(history, NOON)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(
                "PRAGMA locking_mode = EXCLUSIVE" if "EXC" in how else "PRAGMA user_version"
            )
            other.execute(how)
            with opened(path, write_every_s=0.01) as history:
                second = kept(history, NOON, name="tea")
                history.rename(second, "coffee")
                assert second > first
                assert not history.flush()
                assert history.heads()[-1].name == history.get(second).name == "coffee"
                assert day(history)[0].watched_s >= 60
                other.execute("ROLLBACK")
                other.close()
                assert eventually(
                    lambda: (
                        query(path, "SELECT count(*), max(name) FROM session") == [(2, "coffee")]
                    )
                )
                assert day(history)[0].watched_s == 120
        warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert len(warnings) == 1
        assert "another program uses it" in warnings[0].getMessage()

    def test_what_waits_to_be_written_is_bounded(self, path):
        with opened(path) as history, closing(sqlite3.connect(path, isolation_level=None)) as other:
            id = history.begin("", NOON)
            other.execute("BEGIN IMMEDIATE")
            first = minute_of(NOON)
            for number in range(10_000):
                history.keep(summary(id), {first + number: tally()})
            waiting = history._pending.minutes
            assert len(waiting) <= 1440
            assert sum(t.watched_s for t in waiting.values()) == 600_000
            other.execute("ROLLBACK")
            assert history.flush()
            days = history.past("day", *all_of_time())
            assert sum(slot.watched_s for slot in days) == 600_000

    @pytest.mark.parametrize("damage", ["head", "all", "tables", "short", "text", "wal"])
    def test_a_damaged_file_is_put_away_and_a_new_one_begun(self, path, caplog, damage):
        with opened(path) as history:
            kept(history, *(NOON + timedelta(minutes=n) for n in range(500)))
        spoil(path, damage)
        spoilt = path.read_bytes()
        with opened(path) as history:
            id = kept(history, NOON, name="new")
            list(history.past("minute", *all_of_time()))
            assert history.flush()
            history.past("minute", *all_of_time())
            history.keep(summary(id, "new"), {})
            assert history.flush()
            assert [head.name for head in history.heads()][-1] == "new"
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        if damage != "wal":  # what SQLite does not trust in a WAL it leaves out by itself
            (aside,) = path.parent.glob("history.db.damaged-*")
            assert damage == "tables" or aside.read_bytes() == spoilt
            assert any(str(aside) in r.getMessage() for r in caplog.records)

    def test_damage_while_it_is_used_loses_nothing_that_is_pending(self, path, caplog):
        with opened(path) as history:
            id = kept(history, *(NOON + timedelta(minutes=n) for n in range(500)))
            assert history.flush()
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                # Changed by another: what the history remembers of the file is read again.
                other.execute("UPDATE session SET faces = 7")
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            spoil(path, "all")
            history.keep(summary(id, "tea"), {minute_of(NOON): tally()})
            assert history.flush()
            assert day(history)[0].watched_s == 60
            assert [head.name for head in history.heads()] == ["tea"]
            assert history.begin("", NOON) > id
        assert len(list(path.parent.glob("history.db.damaged-*[0-9]"))) == 1
        assert "is damaged" in caplog.text

    def test_only_some_damaged_files_are_kept(self, path):
        for _ in range(6):
            path.write_bytes(b"no database at all" * 1000)
            with opened(path) as history:
                kept(history, NOON)
        assert len(list(path.parent.glob("history.db.damaged-*"))) == 3

    @pytest.mark.parametrize(
        ("statement", "what"),
        [
            ("PRAGMA user_version = 2", r"is of a newer version \(2\)"),
            ("PRAGMA application_id = 5", "is another program's"),
        ],
    )
    def test_a_file_that_is_not_ours_is_kept_whole_beside_a_new_one(
        self, path, caplog, statement, what
    ):
        with opened(path) as history:
            kept(history, NOON)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(statement)
        before = path.read_bytes()
        with opened(path) as history:
            assert history.heads() == []
            kept(history, NOON)
        (aside,) = path.parent.glob("history.db.other-*")
        assert aside.read_bytes() == before
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert re.search(what, record.getMessage())

    def test_a_file_that_somebody_takes_away_is_begun_anew(self, path):
        with opened(path) as history:
            id = kept(history, NOON)
            assert history.flush()
            for file in path.parent.iterdir():
                file.unlink()
            history.keep(summary(id, "tea"), {minute_of(NOON): tally()})
            assert history.flush()
        assert query(path, "SELECT name FROM session") == [("tea",)]

    def test_on_a_full_disk_it_is_written_once_there_is_room(self, path, caplog):
        with opened(path) as history:
            id = kept(history, NOON)
            assert history.flush()
            ask(history, "max_page_count = 1")  # beyond, SQLite says that the disk is full
            big = {minute_of(NOON) + n: tally() for n in range(1, 1001)}
            history.keep(summary(id), big)
            assert not history.flush()
            assert not history.flush()
            history.rename(id, "tea")
            assert history.get(id).name == "tea"
            assert sum(s.watched_s for s in history.past("day", *all_of_time())) == 60_060
            ask(history, "max_page_count = 100000")
            assert history.flush()
            assert sum(s.watched_s for s in history.past("day", *all_of_time())) == 60_060
        assert query(path, "SELECT name FROM session") == [("tea",)]
        warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
        assert len(warnings) == 1
        assert "no space left" in warnings[0]

    def test_a_file_that_may_not_grow_stops_nothing(self, path):
        """A limit on the size of files stops a write in the middle, as a full disk does."""
        script = (
            "import resource, signal, sys; from pathlib import Path\n"
            "from tests.device.history.test_history import *\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "path = Path(sys.argv[1])\n"
            "history = opened(path)\n"
            "id = kept(history, NOON); assert history.flush()\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))\n"
            "history.keep(summary(id), {minute_of(NOON) + n: tally() for n in range(1, 1400)})\n"
            "assert not history.flush()\n"
            "assert day(history)[0].watched_s > 60_000 / 2\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
            "assert history.flush()\n"
            "history.close()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, path],
            cwd=ROOT, env={"PYTHONPATH": python_path()},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        assert query(path, "SELECT count(*) FROM minute") == [(1400,)]

    def test_a_disk_that_is_full_from_the_start_stops_nothing(self, tmp_path, caplog):
        disk = tmp_path / "disk"
        disk.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "none", disk],
            capture_output=True, check=False,
        ).returncode:  # fmt: skip
            pytest.skip("no right to mount")
        try:
            ballast = disk / "ballast"
            ballast.write_bytes(b"x" * 390_000)
            with opened(disk / "history.db") as history:
                id = kept(history, NOON, name="tea")
                assert not history.flush()
                assert history.get(id).name == "tea"
                ballast.unlink()
                assert history.flush()
            assert query(disk / "history.db", "SELECT name FROM session") == [("tea",)]
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_a_folder_without_permission_is_named(self):
        script = (
            "import os, sys; from tests.device.history.test_history import *\n"
            "if os.geteuid() == 0: os.setuid(65534)  # root may write anywhere\n"
            "with pytest.raises(SinkError, match='may not be written: give a folder'):\n"
            "    opened(Path(sys.argv[1]) / 'history.db')\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o555)
            subprocess.run(
                [sys.executable, "-c", script, folder],
                cwd=ROOT, env={"PYTHONPATH": python_path()}, check=True, timeout=60,
            )  # fmt: skip


class TestReadingOnly:
    def test_it_reads_while_another_writes(self, path):
        with opened(path) as history:
            id = kept(history, NOON, name="tea")
            assert history.flush()
            with History(path, read_only=True) as reader:
                assert reader.get(id).name == "tea"
                assert day(reader)[0].watched_s == 60
                assert not reader.begin("", NOON) < id
                history.keep(summary(id), {minute_of(NOON): tally()})
                assert history.flush()
                assert day(reader)[0].watched_s == 120

    def test_it_changes_nothing(self, path):
        with opened(path) as history:
            id = kept(history, NOON)
        before = path.read_bytes()
        with History(path, read_only=True) as reader:
            reader.delete(id)
        assert path.read_bytes() == before

    @pytest.mark.parametrize("content", [None, b"no database" * 1000])
    def test_one_that_is_none_is_named(self, path, content):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SinkError, match=f"cannot read the history {path}: "):
            History(path, read_only=True)
        assert path.exists() == (content is not None)


def all_of_time() -> tuple[datetime, datetime]:
    return datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def size_bytes(path: Path) -> int:
    files = (path, Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def minutes_of(path: Path, session: int) -> set[int]:
    rows = query(path, "SELECT session, minute FROM minute")
    return {minute for id, minute in rows if id == session}


def ask(history: History, pragma: str) -> list[tuple]:
    """What the history's own connection answers."""
    return history._shared.use(
        lambda db: db.ask(lambda c: c.execute(f"PRAGMA {pragma}").fetchall()), []
    )


def eventually(condition) -> bool:
    """Wait for ``condition``, up to 10 s."""
    waiting = threading.Event()
    return any(condition() or waiting.wait(0.05) for _ in range(200))


def spoil(path: Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "head":
        path.write_bytes(b"\xff" * 100 + content[100:])
    elif damage == "all":
        path.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))
    elif damage == "short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "text":
        path.write_text("this is no database\n" * 500)
    elif damage == "tables":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DROP TABLE minute")
    elif damage == "wal":
        Path(f"{path}-wal").write_bytes(b"\x5a" * 10_000)


def test_its_pulse_shows_whether_what_is_written_is_written(tmp_path):
    with opened(tmp_path / "history.db", write_every_s=0) as history:
        assert history.pulse() is None  # nothing to do
        with history._shared.busy:  # as while somebody holds it and hangs
            history.keep(summary(1), {minute_of(NOON): tally()})
            assert _until(lambda: history.pulse() is not None)
            assert history.pulse() == history.pulse()
        assert _until(lambda: history.pulse() is None)


def _until(holds) -> bool:
    pause = threading.Event()
    return any(holds() or pause.wait(0.01) for _ in range(2000))
