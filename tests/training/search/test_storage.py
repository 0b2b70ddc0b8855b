"""training/search/storage.py: storages that are there, and what is said of others."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy.exc import DBAPIError

from device.errors import ConfigError, MienError
from training.errors import RunError, StudyError
from training.search.settings import SearchConfig
from training.search.space import Candidate
from training.search.storage import address, connect, told
from training.search.study import Study

DATA = {"sha256": "0" * 64}


def refused(url: str | None, out: Path) -> str:
    with pytest.raises(MienError) as raised:
        connect(address(url, out), 60)
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_without_a_url_it_is_a_file_in_the_folder(tmp_path: Path) -> None:
    connect(address(None, tmp_path), 60)
    assert (tmp_path / "study.db").stat().st_size > 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("study.db", "no URL: give sqlite:///FILE or postgresql://"),
        ("mysql://me@there/db", "storage mysql: not supported: give sqlite"),
        ("sqlite://", "storage in memory: a study would be lost"),
        ("postgresql://me@there:many/db", "no URL: give"),
    ],
)
def test_what_is_no_storage_for_studies_is_a_wrong_setting(
    url: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=says):
        address(url, tmp_path)


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = refused(f"postgresql://me:secret@127.0.0.1:{port}/db", tmp_path)
    assert f"storage postgresql+pg8000://me:***@127.0.0.1:{port}/db: " in said
    assert "start the server, or give the address of one that runs" in said


def test_a_driver_that_is_missing_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its driver is not installed: pip install"):
        connect(address("postgresql+asyncpg_or_so://me@there/db", tmp_path), 60)


def test_a_file_that_somebody_holds_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}?timeout=0.1"
    connect(address(url, tmp_path), 60)
    holder = sqlite3.connect(tmp_path / "study.db")
    holder.execute("BEGIN EXCLUSIVE")
    said = refused(url, tmp_path)
    holder.close()
    assert "study.db?timeout=0.1: database is locked: another program holds it" in said


def test_a_file_that_is_no_database_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, and long enough to be told from one")
    assert "give a file that a study has made" in refused(f"sqlite:///{tmp_path}/text.db", tmp_path)
    assert "give a file in a folder that is there" in refused(
        f"sqlite:///{tmp_path}/no/x", tmp_path
    )


def test_a_server_that_is_away_is_told_without_how_its_driver_was_called(tmp_path: Path) -> None:
    here = address(None, tmp_path)
    call = "(timeout is None and source_address is None)"
    said = f"Can't create a connection to host x and port 5 {call}."
    with pytest.raises(StudyError, match="to host x and port 5: start the server, or"), told(here):
        raise DBAPIError("SELECT 1", None, ConnectionError(said))


def test_what_a_server_said_is_told_though_taking_leave_of_it_failed_too(tmp_path: Path) -> None:
    here = address(None, tmp_path)
    hidden = ConnectionError("network error")
    hidden.__context__ = BrokenPipeError(32, "Broken pipe")
    hidden.__context__.__context__ = ValueError({"C": "3D000", "M": 'database "x" does not exist'})
    with pytest.raises(StudyError, match='"x" does not exist: make it with createdb'), told(here):
        raise DBAPIError("SELECT 1", None, hidden)


def study(url: str, name: str = "mien", **settings: object) -> Study:
    given = SearchConfig(population=4, **settings)
    return Study(address(url, Path()), name, given, DATA)


def test_a_study_keeps_its_settings(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    study(url)
    study(url)
    with pytest.raises(RunError, match=r"study 'mien' has promote = 0\.5, not 0\.3: use the same"):
        study(url, promote=0.3)
    study(url, "another", promote=0.3)
    with pytest.raises(RunError, match=r"has data = \{'sha256': '000.*, not \{'sha256': '111"):
        Study(address(url, Path()), "mien", SearchConfig(population=4), {"sha256": "1" * 64})


def test_no_other_study_has_the_same_id(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    first = study(url).id
    assert study(url).id == first
    assert study(url, "another").id != first
    (tmp_path / "study.db").unlink()
    assert study(url).id != first


def test_a_worker_may_come_while_another_one_makes_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    enqueue = optuna.Study.enqueue_trial
    late = []

    def enqueue_trial(self: optuna.Study, *given: object, **more: object) -> None:
        enqueue(self, *given, **more)
        late.append(study(url))

    monkeypatch.setattr(optuna.Study, "enqueue_trial", enqueue_trial)
    made = study(url)
    assert [one.id for one in late] == [made.id]


def test_a_study_of_another_program_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    theirs = optuna.create_study(storage=url, study_name="mien")
    theirs.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(RunError, match="study 'mien' was not made by this command: give another"):
        study(url)


def test_a_trial_whose_worker_died_before_it_could_say_that_it_lives_is_given_up(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    given = SearchConfig(population=4, baseline="")
    waiting = Study(address(url, tmp_path), "mien", given, DATA, heartbeat_s=1)
    dead = optuna.load_study(storage=url, study_name="mien")
    dead.ask()
    # Nothing is left to be tried but that trial, which nobody works on.
    waiting.run(lambda trial: pytest.fail("no trial was asked for"), 0, lambda: None)
    assert [trial.state for trial in dead.trials] == [TrialState.FAIL]


class Taken:
    """Tries nothing; the first trial is taken for lost by another worker meanwhile."""

    number = -1

    def __init__(self, url: str) -> None:
        self._others = optuna.load_study(storage=url, study_name="mien")

    def __call__(self, trial: optuna.Trial) -> tuple[float, float, float]:
        Candidate.suggested(trial)
        if self.number < 0:
            self._others.tell(trial.number, state=TrialState.FAIL)
        self.number = trial.number
        for name, value in (("accuracies", [0.5]), ("macs", 1), ("int8_bytes", 1)):
            trial.set_user_attr(name, value)
        return 0.5, 1.0, 1.0


def test_a_trial_that_others_took_for_lost_is_left_to_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    here = study(url)
    objective = Taken(url)
    here.run(objective, 2, lambda: None)
    assert "trial 0: others took it for lost: left to them" in capsys.readouterr().out
    assert [one.number for one in here.tried()] == [1, 2]


def test_a_trial_that_never_had_an_accuracy_has_ended(tmp_path: Path) -> None:
    def diverge(trial: optuna.Trial) -> None:
        Candidate.suggested(trial)
        for name, value in (("accuracies", []), ("macs", 1), ("int8_bytes", 1)):
            trial.set_user_attr(name, value)
        raise optuna.TrialPruned("diverged")

    here = study(f"sqlite:///{tmp_path / 'study.db'}")
    here.run(diverge, 2, lambda: None)
    assert [(one.number, one.accuracy, one.complete) for one in here.tried()] == [
        (0, 0.0, False),
        (1, 0.0, False),
    ]


class Stopped:
    """Has Ctrl-C pressed in its first trials."""

    number = -1

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self, trial: optuna.Trial) -> tuple[float, float, float]:
        self.number = trial.number
        Candidate.suggested(trial)
        for name, value in (("accuracies", [0.5]), ("macs", 1), ("int8_bytes", 1)):
            trial.set_user_attr(name, value)
        if self._left:
            self._left -= 1
            raise KeyboardInterrupt
        return 0.5, 1.0, 1.0


def test_a_trial_is_put_back_however_often_it_is_stopped(tmp_path: Path) -> None:
    here = study(f"sqlite:///{tmp_path / 'study.db'}")
    objective = Stopped(4)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            here.run(objective, 1, lambda: None)
    here.run(objective, 1, lambda: None)
    (one,) = here.tried()
    assert (one.number, one.role, one.complete) == (4, "baseline", True)


def test_an_error_of_a_trial_is_not_hidden(tmp_path: Path) -> None:
    def fail(trial: optuna.Trial) -> None:
        raise ValueError("of the network")

    with pytest.raises(ValueError, match="of the network"):
        study(f"sqlite:///{tmp_path / 'study.db'}").run(fail, 1, lambda: None)


def test_the_error_of_a_storage_is_a_failure_and_no_wrong_setting() -> None:
    assert not issubclass(StudyError, ConfigError | RunError)
