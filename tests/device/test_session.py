import threading
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from device.records import UNCERTAIN, Face, Reading
from device.session import Session

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LABELS = ["happy", "sad"]


def reading(emotion: str, face_id: int = 1, *, side_px: int = 50, still: bool = False) -> Reading:
    return Reading(
        BEGAN,
        0.0,
        Face(face_id, (10, 20, 10 + side_px, 20 + side_px), still=still),
        emotion,
        {"happy": 0.5, "sad": 0.5},
        {"happy": 0.5, "sad": 0.5},
        "m",
    )


def session(gap_s: float = 2.0) -> Session:
    return Session(7, LABELS, name="tea", began=BEGAN, gap_s=gap_s)


def watched(*scenes: tuple[float, list[Reading]], step_s: float = 0.5) -> Session:
    """A session of scenes, each so many seconds long."""
    begun, time_s = session(), 100.0
    for length_s, readings in scenes:
        for _ in range(round(length_s / step_s)):
            begun.see(readings, time_s)
            time_s += step_s
    begun.see([], time_s)
    return begun


def test_a_session_that_saw_nothing_is_empty():
    empty = session()
    summary = empty.summary()
    assert (summary.id, summary.name, summary.began, summary.ended) == (7, "tea", BEGAN, None)
    assert (summary.watched_s, summary.somebody_s, summary.faces) == (0, 0, 0)
    assert summary.everybody.seconds == {"happy": 0, "sad": 0, UNCERTAIN: 0}
    assert (summary.each, summary.timeline, empty.strip()) == ([], [], [])


def test_time_is_counted_by_emotion_for_each_face_and_for_all():
    first, both = [reading("happy")], [reading("sad"), reading(UNCERTAIN, 2)]
    summary = watched((10, []), (20, first), (30, both), (5, [])).summary()
    assert (summary.watched_s, summary.somebody_s, summary.faces) == (65, 50, 2)
    assert summary.everybody.seconds == {"happy": 20, "sad": 30, UNCERTAIN: 30}
    assert list(summary.everybody.seconds) == ["happy", "sad", UNCERTAIN]
    one, two = summary.each
    assert (one.id, one.read.seconds) == (1, {"happy": 20, "sad": 30, UNCERTAIN: 0})
    assert (two.id, two.read.seconds) == (2, {"happy": 0, "sad": 0, UNCERTAIN: 30})
    assert (one.first_s, one.last_s, two.first_s, two.last_s) == (10, 59.5, 30, 59.5)


def test_a_picture_of_a_face_counts_as_nobody():
    seen = watched((10, [reading("happy", still=True)]))
    summary = seen.summary()
    assert (summary.watched_s, summary.somebody_s, summary.faces, summary.each) == (10, 0, 0, [])
    assert set(seen.strip()) == {None}


@pytest.mark.parametrize("step_s", [2.5, 3600.0, -50.0, 0.0])
def test_time_nobody_watched_counts_nothing(step_s):
    seen = session()
    for time_s in (100.0, 101.0, 101.0 + step_s, 102.0 + step_s):
        seen.see([reading("happy")], time_s)
    summary = seen.summary()
    assert summary.watched_s == 2
    assert sum(slot.watched_s for slot in summary.timeline) == 2
    assert seen.elapsed_s == 2 + max(0.0, step_s)


def test_how_far_frames_may_be_apart_can_be_said():
    seen = session(gap_s=20)
    for time_s in (0, 15, 30):
        seen.see([reading("sad")], time_s)
    assert seen.summary().everybody.seconds["sad"] == 30


class TestChanges:
    def changes(self, *emotions: str) -> int:
        return watched(*((1, [reading(emotion)]) for emotion in emotions)).summary()

    @pytest.mark.parametrize(
        ("emotions", "count"),
        [
            (["happy"], 0),
            (["happy", "sad"], 1),
            (["happy", "sad", "happy"], 2),
            (["happy", UNCERTAIN, "happy"], 0),
            (["happy", UNCERTAIN, "sad"], 1),
            ([UNCERTAIN, "happy"], 0),
            (["happy", UNCERTAIN], 0),
        ],
    )
    def test_only_one_emotion_after_another_is_one(self, emotions, count):
        summary = self.changes(*emotions)
        assert summary.everybody.changes == summary.each[0].read.changes == count
        assert sum(slot.changes for slot in summary.timeline) == count

    def test_each_face_has_its_own(self):
        a, b = [reading("happy", 1), reading("sad", 2)], [reading("happy", 1), reading("happy", 2)]
        summary = watched((1, a), (1, b)).summary()
        assert [face.read.changes for face in summary.each] == [0, 1]

    def test_another_face_with_another_emotion_is_none(self):
        summary = watched((1, [reading("happy", 1)]), (1, [reading("sad", 2)])).summary()
        assert summary.everybody.changes == 0

    def test_it_is_one_also_where_the_face_was_away_between(self):
        summary = watched((1, [reading("happy")]), (1, []), (1, [reading("sad")])).summary()
        assert summary.everybody.changes == 1


class TestTimeline:
    def test_slots_stand_in_a_row_from_the_beginning(self):
        summary = watched((7, [reading("happy")]), (8, []), (5, [reading("sad")])).summary()
        starts = [(slot.start - BEGAN).total_seconds() for slot in summary.timeline]
        assert (starts, {slot.span_s for slot in summary.timeline}) == ([0, 5, 10, 15], {5})
        happy = [slot.seconds["happy"] for slot in summary.timeline[:4]]
        assert (happy, summary.timeline[3].seconds["sad"]) == ([5, 2, 0, 0], 5)
        assert [slot.faces for slot in summary.timeline] == [1, 0, 0, 0]

    def test_a_span_across_an_edge_is_shared(self):
        seen = session()
        for time_s in (0.0, 1.5, 3.0, 4.5, 6.0):
            seen.see([reading("happy")], time_s)
        assert [slot.watched_s for slot in seen.summary().timeline] == [5, 1]

    @pytest.mark.parametrize("hours", [0.4, 0.6, 3, 30])
    def test_slots_grow_where_there_are_too_many(self, hours):
        seen, steps = session(), int(hours * 3600 / 1.9)
        for number in range(steps + 1):
            seen.see([reading("sad" if number % 100 < 50 else "happy")], number * 1.9)
            if number % 997 == 0:
                seen.summary()  # what is remembered of it must not go stale
        summary = seen.summary()
        span_s = summary.timeline[0].span_s
        assert len(summary.timeline) <= 360
        assert hours * 3600 / len(summary.timeline) <= span_s * 1.01
        for number, slot in enumerate(summary.timeline):
            assert slot.start == BEGAN + timedelta(seconds=number * span_s)
            assert (
                slot.watched_s == pytest.approx(span_s, abs=0.01) or number >= steps * 1.9 // span_s
            )
        assert sum(s.watched_s for s in summary.timeline) == pytest.approx(steps * 1.9, abs=0.5)
        assert sum(s.changes for s in summary.timeline) == summary.everybody.changes

    def test_it_reaches_over_a_time_without_pictures(self):
        seen = session()
        for time_s in (0.0, 1.0, 40_000.0, 40_001.0):
            seen.see([reading("happy")], time_s)
        timeline = seen.summary().timeline
        assert timeline[0].watched_s == timeline[-1].watched_s == 1
        assert {slot.watched_s for slot in timeline[1:-1]} == {0}
        last_s = (timeline[-1].start - BEGAN).total_seconds()
        assert last_s <= 40_001 < last_s + timeline[-1].span_s


class TestManyFaces:
    def test_the_earliest_are_counted_as_one(self):
        scenes = [(1.0, [reading("happy", number)]) for number in range(1, 251)]
        summary = watched(*scenes).summary()
        assert (summary.faces, len(summary.each)) == (250, 101)
        others, *each = summary.each
        assert (others.id, others.read.seconds["happy"]) == (0, 150)
        assert [face.id for face in each] == list(range(151, 251))
        assert (others.first_s, others.last_s) == (0, 149.5)
        assert sum(face.read.read_s for face in summary.each) == summary.everybody.read_s

    def test_who_stays_is_kept(self):
        scenes = [(1.0, [reading("sad", 1), reading("happy", n)]) for n in range(2, 300)]
        first = watched(*scenes).summary().each[1]
        assert (first.id, first.read.seconds["sad"]) == (1, 298)

    def test_one_that_was_counted_with_others_does_not_come_anew(self):
        scenes = [(1.0, [reading("happy", number)]) for number in range(1, 151)]
        summary = watched(*scenes, (5.0, [reading("sad", 3)])).summary()
        assert (summary.faces, summary.each[0].read.seconds["sad"]) == (150, 5)
        assert summary.everybody.changes == 0  # nobody knows who that was

    def test_a_crowd_is_counted_whole(self):
        crowd = [reading("happy", number) for number in range(1, 131)]
        summary = watched((10, crowd)).summary()
        assert (summary.faces, summary.everybody.seconds["happy"]) == (130, 1300)
        assert sum(face.read.read_s for face in summary.each) == 1300
        assert len(summary.each) == 101


class TestStrip:
    def test_it_has_what_was_there_most_of_each_two_seconds(self):
        happy, sad = [reading("happy")], [reading("sad")]
        seen = watched((1.5, happy), (0.5, sad), (2, []), (0.5, happy), (1.5, sad), (2, happy))
        assert seen.strip() == ["happy", None, "sad", "happy"]

    def test_the_largest_face_counts(self):
        near, far = reading("sad", 2, side_px=90), reading("happy", 1, side_px=30)
        assert watched((4, [far, near])).strip() == ["sad", "sad"]

    def test_five_minutes_are_kept(self):
        strip = watched((400, [reading("sad")]), (298, [reading("happy")])).strip()
        assert strip == ["sad"] + ["happy"] * 149

    def test_where_there_was_no_picture_there_is_nobody(self):
        seen = watched((4, [reading("happy")]))
        for time_s in (111.0, 112.0):
            seen.see([reading("sad")], time_s)
        assert seen.strip() == ["happy", "happy", None, None, None, "sad"]
        seen.see([], 1e6)
        assert seen.strip() == [None] * 150

    def test_uncertain_is_not_nobody(self):
        assert watched((2, [reading(UNCERTAIN)])).strip() == [UNCERTAIN]


class TestDraining:
    def test_each_span_is_drained_once(self):
        seen = session()
        for time_s in (0.0, 1.0, 2.0):
            seen.see([reading("happy")], time_s)
        first = seen.drain()
        assert (first.watched_s, first.seconds, first.faces) == (2, {"happy": 2}, 1)
        seen.see([reading("sad")], 3.5)
        second = seen.drain()
        assert (second.watched_s, second.changes, second.faces) == (1.5, 1, 0)
        assert seen.summary().watched_s == 3.5


def test_a_source_whose_clock_is_broken_breaks_nothing():
    seen = session()
    for time_s in (0.0, 1.0, 9e11, 9e11 + 1, -9e11, -9e11 + 1, 5.0, 6.0):
        seen.see([reading("happy")], time_s)
    summary = seen.summary()
    assert summary.watched_s == 4
    assert sum(slot.watched_s for slot in summary.timeline) == 4
    assert summary.timeline[-1].start.year <= 2060


def test_memory_does_not_grow_with_time():
    seen = session()

    def live(begin: int, end: int) -> int:
        for number in range(begin, end):
            face = 1 + number // 20
            seen.see([reading("sad" if number % 7 else "happy", face)], number * 1.5)
            if number % 500 == 0:
                seen.summary(), seen.strip()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = live(0, 6_000)  # the lists are as long as they will be
        after = live(6_000, 24_000)
    finally:
        tracemalloc.stop()
    assert after < before * 1.1
    assert before < 2_000_000


def test_threads_that_look_on_see_whole_moments():
    seen, done, wrong = session(), threading.Event(), []

    def look() -> None:
        while not done.is_set():
            summary = seen.summary()
            slots_s = sum(slot.watched_s for slot in summary.timeline)
            if abs(slots_s - summary.watched_s) > 0.01:
                wrong.append((slots_s, summary.watched_s))
            seen.strip()

    threads = [threading.Thread(target=look, name=f"looker {n}") for n in range(3)]
    for thread in threads:
        thread.start()
    for number in range(5_000):
        seen.see([reading("happy", 1 + number // 10)], number * 0.5)
    done.set()
    for thread in threads:
        thread.join(10)
    assert not wrong
    assert seen.summary().watched_s == pytest.approx(2499.5)
