"""Reports of the history."""

import csv as tables
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.config import Settings
from device.errors import ConfigError, SinkError, SourceError
from device.history import History
from device.report.past import figures_of_history
from device.report.report import report
from device.report.zone import Here
from device.service import DEMO
from device.summary import SessionSummary, Shares
from device.tally import Tally
from tests.device.conftest import python_path
from tests.device.report.conftest import LABELS

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks there went forward on the 29th of March 2026 at 2:00."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def summary(id: int) -> SessionSummary:
    read = Shares(dict.fromkeys([*LABELS, "uncertain"], 1.0), 0)
    return SessionSummary(id, "", NOON, NOON, 0.0, 0.0, 0, read, [], [])


def fill(path: Path, minutes: list[int], emotion: str = "happy") -> History:
    """Write a history in which somebody was there for half of some minutes after ``NOON``."""
    history = History(path)
    id = history.begin("", NOON)
    began = int(NOON.timestamp() // 60)
    kept: dict[int, Tally] = {}
    for minute in minutes:
        kept[began + minute] = tally = Tally()
        tally.spend([emotion], 30.0)
        tally.spend([], 30.0)
        tally.faces = 1
    pairs = list(kept.items())
    for first in range(0, max(1, len(pairs)), 1000):  # more at once it keeps by the hour
        history.keep(summary(id), dict(pairs[first : first + 1000]))
        assert history.flush()
    return history


def made(
    state: Path, folder: Path, *, language: str = "auto", **options: object
) -> list[dict[str, str]]:
    html, csv = folder / "r.html", folder / "r.csv"
    settings = Settings(state=str(state), language=language)
    report(settings, [], html=html, csv=csv, **options)
    with csv.open(newline="") as file:
        return list(tables.DictReader(file))


def test_the_history_of_a_real_run_is_reported(tmp_path):
    state = tmp_path / "state"
    config = tmp_path / "mien.toml"
    config.write_text(f'state = "{state}"\n')
    subprocess.run(
        [sys.executable, "-m", "device", "run", "--config", config, "--source", DEMO],
        env=os.environ | {"PYTHONPATH": python_path()},
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    table = made(state, tmp_path, language="en")
    assert table[0]["faces"] == "2"
    assert float(table[0]["watched_s"]) == pytest.approx(20, abs=0.5)
    assert 14 < float(table[0]["happy_s"]) <= float(table[0]["somebody_s"]) < 17
    page = (tmp_path / "r.html").read_text()
    assert f"the history in {state}/history.db" in page
    assert "Watched" in page


def test_it_is_read_while_a_device_writes_it_and_not_changed(tmp_path):
    path = tmp_path / "history.db"
    with fill(path, [0, 1]) as history:
        before = path.read_bytes()
        assert made(tmp_path, tmp_path)[0]["somebody_s"] == "60.0"
        assert path.read_bytes() == before
        history.keep(summary(1), {int(NOON.timestamp() // 60) + 5: _minute()})
        assert history.flush()
        assert made(tmp_path, tmp_path)[0]["somebody_s"] == "90.0"


def test_who_may_only_read_it_sees_what_a_device_wrote_last(tmp_path, monkeypatch):
    """What the device wrote lies beside the file still, and not in it."""
    with fill(tmp_path / "history.db", [0, 1]):
        monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
        assert figures_of_history(tmp_path / "history.db", None, None).somebody_s == 60


def _minute() -> Tally:
    tally = Tally()
    tally.spend(["sad"], 30.0)
    return tally


@pytest.mark.parametrize("days", [2, 20, 300])
def test_sums_are_the_same_over_any_time(tmp_path, days):
    minutes = [day * 1440 + n for day in range(days) for n in range(0, 600, 97)]
    with fill(tmp_path / "history.db", minutes):
        found = figures_of_history(tmp_path / "history.db", None, None)
    expected_s = 30 * len(minutes)
    assert found.somebody_s == pytest.approx(expected_s)
    assert found.watched_s == pytest.approx(2 * expected_s)
    assert found.faces == len(minutes)
    for part in (found.timeline, found.hours, found.days):
        assert sum(it.somebody_s for it in part) == pytest.approx(expected_s)
        assert sum(it.seconds["happy"] for it in part) == pytest.approx(expected_s)
    assert list(found.everybody.seconds) == [*LABELS, "uncertain"]


def test_a_period_is_cut_to_the_minute(tmp_path):
    with fill(tmp_path / "history.db", list(range(0, 30 * 1440, 10))):
        for days in (1, 20):
            since = NOON + timedelta(hours=1, minutes=15)
            until = since + timedelta(days=days, minutes=50)
            found = figures_of_history(tmp_path / "history.db", since, until)
            assert found.somebody_s == pytest.approx(30 * (days * 144 + 5))
            assert (found.began, found.ended) == (since, until)


def test_hours_are_those_of_the_clock_here_before_and_after_summer_time(tmp_path):
    with fill(tmp_path / "history.db", [0, 2 * 1440]):
        found = figures_of_history(tmp_path / "history.db", None, None)
    assert [hour for hour, it in enumerate(found.hours) if it.somebody_s] == [13, 14]
    assert [f"{it.start:%m-%d %z}" for it in found.days] == ["03-28 +0100", "03-30 +0200"]


def test_the_zone_here_knows_the_hour_that_comes_twice():
    zone = Here()
    hours = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC).astimezone(zone) for hour in range(3)]
    assert [f"{it:%H:%M%z}" for it in hours] == ["02:30+0200", "02:30+0100", "03:30+0100"]
    assert [it.astimezone(UTC).hour for it in hours] == [0, 1, 2]


def test_without_a_log_and_a_state_folder_there_is_nothing_to_report(tmp_path):
    with pytest.raises(ConfigError, match="give a log, or set state"):
        report(Settings(), [], html=tmp_path / "a", csv=tmp_path / "b")


def test_a_history_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"no history .*none/history\.db: give a log"):
        made(tmp_path / "none", tmp_path)
    assert not (tmp_path / "none").exists()


def test_a_history_without_readings_is_named(tmp_path):
    path = tmp_path / "history.db"
    with (
        fill(path, []),
        pytest.raises(
            SourceError,
            match=r"no readings of a face in the history .*\.db: it is written once a minute; "
            r"a log has them at once: python -m device report LOG$",
        ),
    ):
        made(tmp_path, tmp_path)
    settings = Settings(state=str(tmp_path), log="/var/log/mien/readings.jsonl")
    with pytest.raises(SourceError, match=r"device report /var/log/mien/readings\.jsonl$"):
        report(settings, [], html=tmp_path / "a", csv=tmp_path / "b")
    with fill(path, [0]):
        for since in (NOON - timedelta(days=9), NOON + timedelta(days=9)):
            with pytest.raises(SourceError, match="from 2026-0"):
                made(tmp_path, tmp_path, since=since, until=since + timedelta(days=1))


@pytest.mark.parametrize("content", [b"hello" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_history_is_named_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "history.db"
    path.write_bytes(content)
    with pytest.raises(SinkError, match=r"cannot read the history .*history\.db: "):
        made(tmp_path, tmp_path)
    assert path.read_bytes() == content
    assert sorted(each.name for each in tmp_path.iterdir()) == ["history.db"]


def test_a_database_of_another_program_is_no_history(tmp_path):
    with sqlite3.connect(tmp_path / "history.db") as db:
        db.execute("CREATE TABLE x (y)")
    db.close()
    with pytest.raises(SinkError, match="another program"):
        made(tmp_path, tmp_path)


def test_the_history_is_never_written_over(tmp_path):
    path = tmp_path / "history.db"
    fill(path, [0]).close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="is read, not written"):
        report(Settings(state=str(tmp_path)), [], html=path, csv=tmp_path / "a")
    assert path.read_bytes() == before
