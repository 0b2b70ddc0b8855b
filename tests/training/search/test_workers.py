"""Two workers on one PostgreSQL: one is killed, and the study is completed all the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
import sqlalchemy
from optuna.trial import TrialState

from device.errors import MienError
from tests.in_process import LIMIT_S
from tests.training.search.conftest import TINY
from tests.training.search.postgres import Postgres
from training.search.storage import address, connect

TRIALS = 2


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as postgres:
        yield postgres


def worker(
    environment: dict[str, str], url: str, data: Path, folder: Path, name: str
) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    settings = folder / "settings.toml"
    # One rung: nothing is stopped early, so each trial that ends is complete.
    one = TINY.replace(", { epochs = 2, side = 16 }", "")
    assert one.count("epochs") == 1
    settings.write_text(one, encoding="utf-8")
    return subprocess.Popen(
        [
            sys.executable, "-m", "training", "search", "--data", data, "--out", folder / name,
            "--config", settings, "--trials", str(TRIALS), "--heartbeat", "2", "--study", "two",
        ],
        env=environment | {"MIEN_STORAGE": url, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextmanager
def no_trial_ends(url: str) -> Iterator[None]:
    """Have the server keep whoever has learned waiting with the result, but not with signs of life.

    Which worker is the faster one is left to chance otherwise, and what is left for the other.
    """
    engine = sqlalchemy.create_engine(address(url, Path()))
    with engine.begin() as held:
        held.execute(sqlalchemy.text("LOCK TABLE trial_values IN EXCLUSIVE MODE"))
        yield
    engine.dispose()


def begins(process: subprocess.Popen[str]) -> int:
    """Wait until ``process`` begins a trial; return its number."""
    for line in process.stdout:
        head, _, rest = line.partition(": ")
        if rest.startswith("searched-"):
            return int(head.split()[1])
    pytest.fail(f"no trial: {process.stderr.read()}")


def test_a_worker_that_is_killed_costs_its_trial_and_no_more(
    server: Postgres, environment: dict[str, str], fer2013_csv: Path, tmp_path: Path
) -> None:
    first = worker(environment, server.url, fer2013_csv, tmp_path, "first")
    second = worker(environment, server.url, fer2013_csv, tmp_path, "second")
    with first, second:
        begins(second)
        with no_trial_ends(server.url):
            lost = begins(first)
            first.kill()
            first.wait(LIMIT_S)
        said, errors = second.communicate(timeout=LIMIT_S)
    assert second.returncode == 0, errors
    assert errors == ""
    assert f"{TRIALS} trials: {TRIALS} to the end, 0 stopped early; " in said

    storage = connect(address(server.url, tmp_path), 60)
    trials = optuna.load_study(study_name="two", storage=storage).trials
    storage.remove_session()
    storage.engine.dispose()
    states = {trial.number: trial.state for trial in trials}
    assert [number for number, state in states.items() if state == TrialState.FAIL] == [lost]
    assert sum(state == TrialState.COMPLETE for state in states.values()) == TRIALS
    assert len(states) == TRIALS + 1
    (again,) = [trial for trial in trials if trial.system_attrs.get("retry_history")]
    assert again.system_attrs["retry_history"] == [lost]
    assert again.params == trials[lost].params
    assert sum(trial.user_attrs.get("role") == "baseline" for trial in trials) <= 2


def test_a_database_that_is_not_there_is_named(server: Postgres, tmp_path: Path) -> None:
    with pytest.raises(MienError, match='database "none" does not exist: make it with createdb'):
        connect(address(server.url.replace("/postgres?", "/none?"), tmp_path), 60)
