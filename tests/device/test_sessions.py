import logging
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.history import History
from device.history.periods import minute_of
from device.records import UNCERTAIN
from device.sessions import Sessions, UnknownSessionError
from tests.device.history.clocks import DAY_S, NOW_S, Clocks
from tests.device.test_session import LABELS, reading

HAPPY = [reading("happy")]


def opened(path: Path | None = None, clocks: Clocks | None = None, **options) -> Sessions:
    history = History(
        path, **{"keep_days": 400, "max_bytes": 50_000_000} | options, wall=clocks and clocks.wall
    )
    return Sessions(LABELS, history)


def watch(sessions: Sessions, seconds: float, readings=HAPPY, *, start_s=0.0, clocks=None) -> None:
    """Have ``seconds`` of frames seen, two a second, and the clocks go on with them."""
    for number in range(round(seconds * 2) + 1):
        sessions.see(readings, start_s + number / 2)
        if clocks is not None:
            clocks.pass_s(0.5)


def around(sessions: Sessions) -> tuple[datetime, datetime]:
    began = sessions.current().began
    return began - timedelta(days=1), began + timedelta(days=1)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture(params=["file", "memory"])
def place(request, path) -> Path | None:
    return path if request.param == "file" else None


def test_a_session_runs_from_the_start(place):
    with opened(place) as sessions:
        watch(sessions, 10)
        current = sessions.current()
        assert (current.ended, current.watched_s, current.faces) == (None, 10, 1)
        assert sessions.get(current.id) == current
        assert [head.id for head in sessions.heads()] == [current.id]
        assert sessions.strip() == ["happy"] * 5
        assert datetime.now(UTC) - current.began < timedelta(minutes=5)
        assert current.began.tzinfo is not None


def test_another_one_ends_it(place):
    with opened(place) as sessions:
        watch(sessions, 10)
        first = sessions.current()
        second = sessions.start("tea")
        assert (second.name, second.watched_s) == ("tea", 0)
        assert second.id > first.id
        watch(sessions, 4, [reading("sad")], start_s=10)
        heads = sessions.heads()
        assert [(head.id, head.name) for head in heads] == [(second.id, "tea"), (first.id, "")]
        assert [head.ended is None for head in heads] == [True, False]
        ended = sessions.get(first.id)
        assert ended.ended == ended.began + timedelta(seconds=10) == heads[1].ended
        assert (ended.everybody, ended.timeline) == (first.everybody, first.timeline)
        assert sessions.current().everybody.seconds["happy"] == 0


def test_what_ended_is_there_after_the_next_start(path):
    with opened(path) as sessions:
        watch(sessions, 90)
        before = sessions.rename(sessions.current().id, "tea")
    with opened(path) as sessions:
        after = sessions.get(before.id)
        assert (after.name, after.each, after.timeline) == ("tea", before.each, before.timeline)
        assert after.ended == before.began + timedelta(seconds=90)
        assert sessions.current().id > before.id
        assert sum(slot.watched_s for slot in sessions.past("hour", *around(sessions))) == 90


def test_a_session_that_was_cut_off_is_there_up_to_its_last_minute(path):
    clocks = Clocks(NOW_S)
    cut_off = opened(path, clocks, write_every_s=0.0)
    watch(cut_off, 150, clocks=clocks)
    cut_off._history.flush()
    with opened(path, Clocks(NOW_S + DAY_S)) as sessions:
        (_, head) = sessions.heads()
        assert 60 <= head.watched_s <= 150
        assert (head.ended - head.began).total_seconds() - head.watched_s in (0, 0.5)
        slots = sessions.past("minute", head.began, head.began + timedelta(minutes=5))
        assert sum(slot.watched_s for slot in slots) == head.watched_s
    cut_off.close()


def test_a_name_can_be_given_at_any_time(place):
    with opened(place) as sessions:
        first, second = sessions.current().id, sessions.start("b").id
        assert sessions.rename(first, "après-midi").name == "après-midi"
        assert sessions.rename(second, "soir").name == "soir"
        assert sessions.current().name == "soir"
        assert [head.name for head in sessions.heads()] == ["soir", "après-midi"]
        sessions.start()
        assert [head.name for head in sessions.heads()] == ["", "soir", "après-midi"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("\ud83d half", "? half"), ("a" * 5000, "a" * 200), ("\x00'\n🙂", "\x00'\n🙂")],
)
def test_a_name_may_be_anything(path, name, kept):
    with opened(path) as sessions:
        first = sessions.start(name).id
        second = sessions.start().id
        assert sessions.rename(second, name).name == sessions.get(first).name == kept
    with opened(path) as sessions:
        assert [head.name for head in sessions.heads()][1:] == [kept, kept, ""]


def test_one_that_is_deleted_is_gone_with_its_minutes(place):
    with opened(place) as sessions:
        watch(sessions, 10)
        first = sessions.current().id
        sessions.start()
        watch(sessions, 4)
        sessions.delete(first)
        assert first not in [head.id for head in sessions.heads()]
        with pytest.raises(UnknownSessionError, match=f"there is no session {first}"):
            sessions.get(first)
        assert sum(slot.watched_s for slot in sessions.past("day", *around(sessions))) == 4


def test_in_place_of_the_running_one_another_begins(place):
    with opened(place) as sessions:
        watch(sessions, 10)
        deleted = sessions.current().id
        sessions.delete(deleted)
        assert sessions.current().id > deleted
        assert sessions.current().watched_s == 0
        assert len(sessions.heads()) == 1
        assert sessions.past("day", *around(sessions)) == []
        watch(sessions, 4)
        assert sessions.current().watched_s == 4


@pytest.mark.parametrize("id", [0, -1, 99, 2**62, 2**70])
def test_one_that_there_is_not_is_named(place, id):
    with opened(place) as sessions:
        for action in (sessions.get, sessions.delete, lambda id: sessions.rename(id, "x")):
            with pytest.raises(UnknownSessionError, match=f"there is no session {id}"):
                action(id)


def test_the_past_has_every_emotion_and_the_minute_that_is_not_over():
    clocks = Clocks(NOW_S)
    with opened(None, clocks) as sessions:
        watch(sessions, 150, clocks=clocks)
        minutes = sessions.past("minute", *around(sessions))
        assert [slot.watched_s for slot in minutes] == [60, 60, 30]
        assert list(minutes[0].seconds) == ["happy", "sad", UNCERTAIN]
        assert [slot.faces for slot in minutes] == [1, 0, 0]
        assert minutes[0].start.timestamp() == NOW_S
        assert sum(s.watched_s for s in sessions.past("minute", *around(sessions))) == 150


def test_a_start_that_saw_nothing_leaves_no_session(path):
    with opened(path) as sessions:
        seen = sessions.current().id
        watch(sessions, 2)
    for name in ("", "", "named"):
        with opened(path) as sessions:
            sessions.rename(sessions.current().id, name)
    with opened(path) as sessions:
        assert [head.name for head in sessions.heads()[1:]] == ["named", ""]
        assert sessions.heads()[-1].id == seen


def test_a_film_read_faster_than_it_plays_is_counted_by_its_own_clock():
    clocks = Clocks(NOW_S)
    with opened(None, clocks) as sessions:
        watch(sessions, 600)  # in no time
        minutes = sessions.past("minute", *around(sessions))
        assert [slot.watched_s for slot in minutes] == [60] * 10


class TestClocksThatAreSet:
    @pytest.mark.parametrize("by_s", [-200 * DAY_S, 400 * DAY_S, -3600.0])
    def test_minutes_follow_the_clock_and_the_session_does_not(self, place, by_s):
        clocks = Clocks(NOW_S)
        with opened(place, clocks) as sessions:
            watch(sessions, 120, clocks=clocks)
            clocks.now_s += by_s
            watch(sessions, 120, start_s=120.5, clocks=clocks)
            before, after = NOW_S, NOW_S + 120 + by_s
            for time_s in (before, after):
                start = datetime.fromtimestamp(time_s - 60, UTC)
                slots = sessions.past("minute", start, start + timedelta(minutes=5))
                assert sum(slot.watched_s for slot in slots) == pytest.approx(120, abs=1)
            id = sessions.current().id
            starts = [slot.start.timestamp() for slot in sessions.current().timeline]
            assert starts == [NOW_S + 5 * n for n in range(len(starts))]
            sessions.start()
            assert sessions.get(id).ended.timestamp() == pytest.approx(NOW_S + 240, abs=2)

    def test_minutes_that_come_twice_are_added(self, place):
        clocks = Clocks(NOW_S)
        with opened(place, clocks) as sessions:
            watch(sessions, 59, clocks=clocks)
            clocks.now_s = NOW_S
            watch(sessions, 59, start_s=59.5, clocks=clocks)
            start = datetime.fromtimestamp(NOW_S, UTC)
            (slot,) = sessions.past("minute", start, start + timedelta(minutes=1))
            assert slot.watched_s == pytest.approx(118, abs=2)

    def test_a_clock_in_1970_is_no_trouble(self, path):
        clocks = Clocks(0.0)
        with opened(path, clocks) as sessions:
            watch(sessions, 120, clocks=clocks)
            clocks.now_s = -5000.0  # before it, even
            watch(sessions, 120, start_s=120.5, clocks=clocks)
            clocks.now_s = NOW_S
            watch(sessions, 120, start_s=241, clocks=clocks)
        with opened(path, Clocks(NOW_S + 600)) as sessions:
            assert sessions.heads()[1].watched_s == 361
            start = datetime.fromtimestamp(NOW_S, UTC)
            slots = sessions.past("hour", start, start + timedelta(hours=1))
            assert sum(slot.watched_s for slot in slots) == pytest.approx(120, abs=1)
            first, _ = sessions._history.span(UTC)
            assert first == datetime(1970, 1, 1, tzinfo=UTC)


class TestSeeingGoesOn:
    def test_while_the_database_is_slow(self, path):
        with opened(path) as sessions:
            with sessions._history._shared.busy:  # as while a slow card is written
                watch(sessions, 300)
                assert sessions.current().watched_s == 300
                assert len(sessions.strip()) == 150
                sessions._running.save()
            assert sum(s.watched_s for s in sessions.past("day", *around(sessions))) == 300

    def test_while_the_database_is_locked(self, path, caplog):
        with (
            opened(path) as sessions,
            closing(sqlite3.connect(path, isolation_level=None)) as other,
        ):
            first = sessions.current().id
            other.execute("BEGIN IMMEDIATE")
            watch(sessions, 120)
            second = sessions.start("tea").id
            watch(sessions, 60)
            assert second > first
            assert sessions.get(first).watched_s == 120
            assert [head.id for head in sessions.heads()] == [second, first]
            other.execute("ROLLBACK")
        with opened(path) as sessions:
            assert [head.watched_s for head in sessions.heads()[1:]] == [60, 120]
        assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1

    def test_where_the_file_is_damaged_meanwhile_the_running_session_stays(self, path):
        with opened(path) as sessions:
            watch(sessions, 90)
            sessions._running.save()
            assert sessions._history.flush()
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("UPDATE session SET faces = 7")
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            path.write_bytes(path.read_bytes()[:100] + b"\xa5" * 60_000)
            watch(sessions, 30, start_s=90.5)
            id = sessions.start("after").id
            assert [head.watched_s for head in sessions.heads()] == [0, 120.5]
        with opened(path) as sessions:
            assert [head.id for head in sessions.heads()][1:] == [id, id - 1]

    def test_a_frame_that_comes_late_does_not_bring_back_what_was_deleted(self, path):
        with opened(path) as sessions:
            late = sessions._running
            sessions.delete(late.session.id)
            for time_s in (0.0, 1.0, 100.0, 101.0):  # by the thread that reads
                late.see(HAPPY, time_s)
            assert sessions._history.flush()
            assert [head.id for head in sessions.heads()] == [sessions.current().id]
            assert sessions.past("day", *around(sessions)) == []

    def test_while_others_begin_rename_and_delete(self, path):
        done, wrong = threading.Event(), []

        def meddle() -> None:
            try:
                while not done.is_set():
                    id = sessions.start("x").id
                    sessions.rename(id, "y")
                    sessions.heads()
                    sessions.past("day", *around(sessions))
                    sessions.strip()
                    sessions.delete(id)
            except Exception as error:
                wrong.append(error)

        with opened(path) as sessions:
            thread = threading.Thread(target=meddle, name="meddler")
            thread.start()
            for number in range(20_000):
                sessions.see(HAPPY, number * 0.1)
            done.set()
            thread.join(20)
            assert not thread.is_alive()
            kept = {head.id for head in sessions.heads()}
        assert not wrong
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            there = {row[0] for row in db.execute("SELECT session FROM minute")}
        assert there <= kept


def test_closing_twice_is_fine(place):
    sessions = opened(place)
    watch(sessions, 4)
    sessions.close()
    sessions.close()
    sessions.see(HAPPY, 5.0)
    assert sessions.current().watched_s == 5
    assert minute_of(sessions.current().began) > 0
