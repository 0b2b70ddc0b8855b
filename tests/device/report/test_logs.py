"""From files of lines to stretches, and to sums."""

import gzip
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from device.errors import SourceError
from device.report.figures import Figures
from device.report.logfiles import LogFiles
from device.report.stretches import Stretch, stretches
from device.report.sums import Sums
from device.sinks.log import Log
from tests.device.report.conftest import BEGAN, LABELS, line, text
from tests.device.sinks.log.readings import names, reading, wait_until


def read(*paths: Path, **options: float) -> list[Stretch]:
    with LogFiles(paths) as logs:
        return list(stretches(logs.lines(), **options))


def figures(*paths: Path, **options: float) -> Figures | None:
    sums = Sums()
    with LogFiles(paths) as logs:
        for stretch in stretches(logs.lines(), **options):
            sums.add(stretch)
        return sums.figures(logs.labels)


def lengths(found: list[Stretch]) -> list[float]:
    return [round(stretch.length_s, 3) for stretch in found]


def test_a_line_counts_until_the_next_of_its_face_and_the_last_for_one_step(log):
    found = read(log(line(at_s) for at_s in (0, 1, 2.5, 3.5)))
    assert lengths(found) == [1, 1.5, 1, 1]
    assert [stretch.start_s for stretch in found] == [
        BEGAN.timestamp() + at_s for at_s in (0, 1, 2.5, 3.5)
    ]


def test_what_is_followed_by_a_long_gap_counts_for_one_step(log):
    assert lengths(read(log(line(at_s) for at_s in (0, 1, 2, 100, 101)))) == [1] * 5


def test_a_log_with_a_line_every_ten_seconds_counts_ten_seconds_each(log):
    assert lengths(read(log(line(10 * n) for n in range(6)))) == [10] * 6


def test_a_slow_log_counts_as_long_as_its_lines_are_apart(log):
    found = read(log(line(at_s) for at_s in (0, 10, 20, 32, 42, 90)))
    assert lengths(found) == [10, 10, 12, 10, 10, 10]


def test_a_stretch_over_an_edge_counts_on_both_sides(log):
    found = figures(log(line(n + 0.75) for n in range(3)))
    assert [it.somebody_s for it in found.timeline] == pytest.approx([0.25, 1, 1, 0.75])
    assert [it.seconds["happy"] for it in found.timeline] == pytest.approx([0.25, 1, 1, 0.75])


def test_a_raw_log_counts_tenths_of_seconds(log):
    found = read(log(line(n / 10, raw_probabilities={}) for n in range(200)))
    assert sum(lengths(found)) == pytest.approx(20)


def test_still_faces_are_nobody_and_end_what_was_before(log):
    lines = [line(0), line(1), line(1.5, still=True), line(2.5, still=True), line(9, still=True)]
    assert lengths(read(log(lines))) == [1, 0.5]


def test_two_faces_at_once_are_read_twice_and_somebody_once(log):
    lines = [line(0), line(0.5, face=2), line(1), line(1.5, face=2), line(2)]
    found = figures(log(lines))
    assert found.everybody.read_s == pytest.approx(5)
    assert found.somebody_s == pytest.approx(3)
    assert found.faces == 2


def test_somebody_is_counted_once_whatever_the_order_of_faces(log):
    lines = [line(0), line(0.1, face=2), line(0.2, face=2), line(1.9, face=2), line(1.95)]
    # Face 1 to 1.95 and one step more; face 2 ends before that.
    found = read(log(lines))
    ends_s = max(it.start_s + it.length_s for it in found) - BEGAN.timestamp()
    assert sum(it.alone_s for it in found) == pytest.approx(ends_s)
    assert all(it.alone_s <= it.length_s for it in found)


def test_changes_are_those_of_one_face_and_uncertainty_is_none(log):
    emotions = ["happy", "uncertain", "happy", "sad", "uncertain", "fear", "fear"]
    lines = [line(n, emotion) for n, emotion in enumerate(emotions)]
    lines += [line(n, "sad", face=2) for n in range(7)]
    found = figures(log(sorted(lines, key=lambda each: each["media_time_s"])))
    assert found.everybody.changes == 2


def test_a_number_that_comes_back_late_is_another_face(log):
    lines = [line(0), line(1), line(4), line(100, "sad")]
    found = figures(log(lines), forget_s=3.0)
    assert (found.faces, found.everybody.changes) == (2, 0)


def test_a_run_that_begins_anew_has_faces_of_its_own(log):
    again = [line(n + 2, media_time_s=n) for n in range(3)]
    found = figures(log([line(0), line(1), *again]))
    assert found.faces == 2
    assert found.everybody.read_s == pytest.approx(5)


def test_a_film_read_fast_counts_by_its_own_clock(log):
    lines = [line(n / 100, media_time_s=n) for n in range(100)]
    found = figures(log(lines))
    assert found.somebody_s == pytest.approx(100)
    assert found.ended - found.began == timedelta(seconds=100)


def test_a_clock_that_is_set_moves_what_follows_and_costs_nothing(log):
    lines = [line(n) for n in range(10)]
    lines += [line(n - 3600, media_time_s=1000 + n) for n in range(10, 20)]
    found = figures(log(lines))
    assert found.somebody_s == pytest.approx(20)
    assert found.faces == 1
    assert found.began == BEGAN - timedelta(seconds=3590)


def test_a_source_that_jumps_to_another_age_is_another_one(log):
    lines = [line(0), line(1), line(2, media_time_s=9e11), line(3, media_time_s=-9e11)]
    found = figures(log(lines))
    assert found.somebody_s == pytest.approx(4)
    assert found.ended == BEGAN + timedelta(seconds=4)


def test_only_the_period_counts(log):
    path = log(line(n) for n in range(100))
    since_s = BEGAN.timestamp() + 10
    found = figures(path, since_s=since_s, until_s=since_s + 20)
    assert found.somebody_s == pytest.approx(20)
    assert found.began == BEGAN + timedelta(seconds=10)
    assert found.faces == 1
    assert figures(path, since_s=since_s + 1000) is None


def test_all_sums_are_the_same(demo_log, log):
    lines = [
        line(n * 7.3, LABELS[n % 7], face=n % 3, time=(BEGAN + n * timedelta(hours=5)).isoformat())
        for n in range(500)
    ]
    for path in (demo_log, log(lines)):
        found = figures(path)
        for part in (found.timeline, found.hours, found.days):
            assert sum(it.somebody_s for it in part) == pytest.approx(found.somebody_s)
            assert sum(it.faces for it in part) == found.faces
            assert sum(it.changes for it in part) == found.everybody.changes
            for name, seconds in found.everybody.seconds.items():
                assert sum(it.seconds[name] for it in part) == pytest.approx(seconds)
        assert len(found.hours) == 24
        assert len(found.timeline) <= 480


def test_the_demo_clip_has_two_faces_of_some_sixteen_seconds(demo_log):
    found = figures(demo_log)
    assert list(found.everybody.seconds) == [*LABELS, "uncertain"]
    assert found.faces == 2
    assert 14 < found.somebody_s < 19
    assert max(found.everybody.seconds, key=found.everybody.seconds.get) == "happy"


def test_hours_and_days_are_those_of_the_wall_clock_there(log):
    lines = [line(0), line(0, time="2026-11-21T00:10:00+09:00", media_time_s=0)]
    found = figures(log(lines))
    assert [hour for hour, it in enumerate(found.hours) if it.somebody_s] == [0, 14]
    assert [str(it.start.date()) for it in found.days] == ["2026-11-20", "2026-11-21"]


def test_days_become_weeks_from_monday_where_there_are_many(log):
    lines = [line(0, time=(BEGAN + n * timedelta(days=1)).isoformat()) for n in range(200)]
    found = figures(log(lines))
    assert {it.span_s for it in found.days} == {7 * 86400}
    assert {it.start.isoweekday() for it in found.days} == {1}
    assert sum(it.somebody_s for it in found.days) == pytest.approx(200)


def test_logs_that_were_put_aside_are_read_with_it_in_their_order(log):
    log([line(n) for n in range(10)], "x.jsonl.2")
    log([line(n) for n in range(10, 20)], "x.jsonl.1")
    newest = log([line(n) for n in range(20, 30)])
    (newest.parent / "x.jsonl.3.gz").write_bytes(gzip.compress(text([line(-10)]).encode()))
    (newest.parent / "x.jsonl.bak").write_text(text([line(1e6)]))
    (newest.parent / "xxjsonl.1").write_text(text([line(1e6)]))
    found = read(newest)
    assert lengths(found) == [1] * 31
    starts = [it.start_s for it in found]
    assert starts == sorted(starts)
    assert sum(it.appeared for it in found) == 2  # nobody for long after the oldest
    assert len(read(newest, newest.parent / "x.jsonl.1", newest)) == 31
    assert len(read(newest.parent / "x.jsonl.1")) == 10


def test_a_log_of_which_only_old_ones_are_left_is_read(log):
    old = log([line(0)], "x.jsonl.1")
    assert len(read(old.with_name("x.jsonl"))) == 1


def test_a_link_to_a_log_is_the_log(log, tmp_path):
    path = log([line(0)])
    link = tmp_path / "link"
    link.symlink_to(path)
    assert len(read(path, link)) == 1


def test_a_pipe_can_be_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    lines = text(line(n) for n in range(500))
    writer = threading.Thread(target=pipe.write_text, args=(lines,))
    writer.start()
    try:
        assert len(read(pipe)) == 500
    finally:
        writer.join(10)


@pytest.mark.parametrize(
    "foreign",
    [
        b"hello\n",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b"\xff\xfe\x00\n",
        b'{"time": "2026-11-20T14:30:00+01:00"}\n',
        text([line(0, time="2026-11-20T14:30:00")]).encode(),
        text([line(0, time="yesterday")]).encode(),
        text([line(0, media_time_s=1e300)]).encode(),
        text([line(0, face="one")]).encode(),
        text([line(0, emotion="hangry")]).encode(),
        text([line(0, emotion=None)]).encode(),
        b'{"time": ' + b"[" * 100_000 + b"\n",
        b"x" * 300_000 + b"\n",
    ],
)
def test_a_foreign_line_is_skipped_and_counted(foreign, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n" + text([line(0)]).encode() + foreign + text([line(1)]).encode())
    with LogFiles([path]) as logs:
        assert len(list(logs.lines())) == 2
        assert logs.skipped == 1


def test_a_torn_last_line_is_skipped_and_a_whole_one_without_an_end_counts(tmp_path):
    path = tmp_path / "x.jsonl"
    whole = text([line(0), line(1)]).encode()
    for cut, count, skipped in ((1, 2, 0), (40, 1, 1)):
        path.write_bytes(whole[:-cut])
        with LogFiles([path]) as logs:
            assert len(list(logs.lines())) == count
            assert logs.skipped == skipped


def test_a_compressed_log_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    lines = (line(n, box_xyxy=[n, n * 7919 % 1000, 4000, 4000]) for n in range(5000))
    path.write_bytes(gzip.compress(text(lines).encode())[:-2000])
    with LogFiles([path]) as logs:
        assert 1000 < len(list(logs.lines())) < 5000
        assert logs.skipped >= 1


@pytest.mark.parametrize("year", ["1970", "9999"])
def test_what_was_written_while_the_clock_was_not_set_is_left_out(log, year):
    path = log([line(0, time=f"{year}-12-31T23:59:59+00:00"), line(1)])
    with LogFiles([path]) as logs:
        assert len(list(logs.lines())) == 1
        assert (logs.unset, logs.skipped) == (1, 0)


def test_names_of_emotions_do_not_pile_up(log):
    lines = [line(n, f"e{n}", probabilities={f"e{n}": 1.0}) for n in range(1000)]
    with LogFiles([log(lines)]) as logs:
        read_lines = len(list(logs.lines()))
        assert len(logs.labels) <= 100
        assert read_lines + logs.skipped == 1000


def test_labels_are_in_the_order_of_the_model_uncertain_last(log):
    names = {"sad": 0.5, "calm": 0.5}
    first = log([line(0, "uncertain", probabilities=names)], "a")
    with LogFiles([first, log([line(5)], "b")]) as logs:
        list(logs.lines())
        rest = [name for name in LABELS if name != "sad"]
        assert logs.labels == ["sad", "calm", *rest, "uncertain"]


@pytest.mark.parametrize("name", ["missing.jsonl", "no/such/folder.jsonl", "x" * 300, "a\0b"])
def test_a_log_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(SourceError, match=r"log .*"):
        LogFiles([tmp_path / name])


def test_a_folder_is_no_log(tmp_path):
    with pytest.raises(SourceError, match="is a folder: give the logs in it"):
        LogFiles([tmp_path])


class TestClock:
    """A Raspberry Pi begins with a time that is over, until the network sets its clock."""

    def stamped(self, at_s, monotonic_s, synchronised, boot="a", **changed):
        return (
            line(at_s)
            | {
                "media_time_s": monotonic_s,
                "monotonic_s": monotonic_s,
                "clock_synchronised": synchronised,
                "boot": boot,
            }
            | changed
        )

    @pytest.mark.parametrize("off_s", [-200 * 86400, 200 * 86400, -5])
    def test_what_came_before_it_was_set_has_the_time_that_it_was(self, log, off_s):
        lines = [self.stamped(off_s + n, 20 + n, False) for n in range(60)]
        lines += [self.stamped(n, 20 + n, True) for n in range(60, 100)]
        found = figures(log(lines))
        assert found.began == BEGAN
        assert found.ended - found.began == timedelta(seconds=100)
        assert found.somebody_s == pytest.approx(100)
        assert found.faces == 1

    def test_also_where_it_said_1970_and_then_nothing_is_left_out(self, log):
        early = [
            self.stamped(0, 20 + n, False, time=f"1970-01-01T00:00:{20 + n}+00:00")
            for n in range(30)
        ]
        path = log([*early, *(self.stamped(n, 20 + n, True) for n in range(30, 40))])
        with LogFiles([path]) as logs:
            times = [each.time for each, _ in logs.lines()]
            assert (logs.unset, logs.skipped) == (0, 0)
        assert times == [BEGAN + timedelta(seconds=n) for n in range(40)]

    def test_another_boots_clock_says_nothing(self, log):
        never = [self.stamped(n - 9e6, 20 + n, False, "a") for n in range(10)]
        then = [self.stamped(n, 500 + n, True, "b") for n in range(10)]
        found = figures(log([*never, *then]))
        assert found.began == BEGAN - timedelta(seconds=9e6)
        assert found.faces == 2
        assert found.somebody_s == pytest.approx(20)

    def test_a_clock_that_loses_the_network_goes_on(self, log):
        lines = [self.stamped(n, 20 + n, n < 50) for n in range(100)]
        found = figures(log(lines))
        assert found.began == BEGAN
        assert found.somebody_s == pytest.approx(100)

    def test_a_boot_is_a_run_of_its_own_also_where_its_clock_goes_on(self, log):
        """It looked at its camera after as long as the boot before had lasted."""
        lines = [self.stamped(n, 20 + n, None, "a") for n in range(5)]
        lines += [self.stamped(n, 20 + n, None, "b") for n in range(5, 10)]
        assert figures(log(lines)).faces == 2

    def test_where_it_is_never_set_not_all_is_kept_in_memory(self, log, monkeypatch):
        monkeypatch.setattr("device.report.clock._MOST_WAITING", 50)
        lines = [self.stamped(n, 20 + n, n > 90) for n in range(100)]
        with LogFiles([log(lines)]) as logs:
            assert [each.time for each, _ in logs.lines()] == [
                BEGAN + timedelta(seconds=n) for n in range(100)
            ]


def test_a_log_that_is_rotated_all_the_time_is_read_whole(tmp_path):
    """Files change their names, and are compressed, while they are looked for."""
    path = tmp_path / "x.jsonl"
    done = threading.Event()
    with Log(path, max_bytes=5_000, keep=9999, total_bytes=10**9) as written:

        def write() -> None:
            number = 0
            while not done.wait(0.005):
                number += 10
                written.write([reading(each) for each in range(number - 9, number + 1)])

        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_until(lambda: len(names(tmp_path)) > 8)
            for _ in range(30):
                with LogFiles([path]) as logs:
                    found = [each.face for each, _ in logs.lines()]
                assert found == list(range(1, len(found) + 1))
        finally:
            done.set()
            writer.join(30)
