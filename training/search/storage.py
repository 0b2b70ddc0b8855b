"""Where a study is kept: SQLite for one machine, PostgreSQL for many."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
    SQLAlchemyError,
)

from device.errors import ConfigError
from training.errors import StudyError

log = logging.getLogger(__name__)

# A beat that is late by this many intervals has stopped.
LATE = 3
# A trial that has killed so many workers is not tried again.
_MOST_RETRIES = 2
# Workers that begin at once all want to make the tables: who comes late finds them there.
_TRIES = 4


def address(url: str | None, out: Path) -> sqlalchemy.URL:
    """Return the storage called ``url``; None: SQLite in the folder ``out``.

    Raises ConfigError where that is no URL of a database that studies can be in.
    """
    if url is None:
        return sqlalchemy.URL.create("sqlite", database=str(out.resolve() / "study.db"))
    try:
        found = sqlalchemy.make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"storage {url.partition('//')[0]}//…: no URL: {_FORMS}") from error
    if found.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"storage {found.drivername}: not supported: {_FORMS}")
    if found.drivername == "postgresql":
        # What this package installs; the library would look for another one.
        found = found.set(drivername="postgresql+pg8000")
    if found.drivername == "sqlite" and found.database in (None, "", ":memory:"):
        raise ConfigError("storage in memory: a study would be lost: give sqlite:///FILE")
    return found


_FORMS = "give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


def connect(url: sqlalchemy.URL, heartbeat_s: int) -> RDBStorage:
    """Open the storage at ``url``, and make its tables where there are none.

    A worker says every ``heartbeat_s`` seconds that its trial is alive. A trial of which
    nothing was heard for three times as long is lost, and is begun again by another worker.

    Raises ConfigError for a driver that is not installed, StudyError where there is no way in.
    """
    with told(url):
        for tries in range(1, _TRIES + 1):
            try:
                return _open(url, heartbeat_s)
            except (IntegrityError, ProgrammingError):
                if tries == _TRIES:
                    raise
    raise AssertionError("the loop returns or raises")


def _open(url: sqlalchemy.URL, heartbeat_s: int) -> RDBStorage:
    with warnings.catch_warnings():
        # Optuna tells of each of these that it is experimental.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return _Storage(
            url.render_as_string(hide_password=False),
            # A server that was started anew in the meantime is no reason to stop.
            engine_kwargs={"pool_pre_ping": True},
            heartbeat_interval=heartbeat_s,
            grace_period=LATE * heartbeat_s,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(_MOST_RETRIES),
        )


class _Storage(RDBStorage):
    """Optuna's storage, whose beat goes on after one that the server did not take."""

    def record_heartbeat(self, trial_id: int) -> None:
        """Say that the trial is alive; a trial of hours is not ended by a moment without server."""
        try:
            super().record_heartbeat(trial_id)
        except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
            log.warning("the storage did not answer: %s", _reason(error))


def shown(url: sqlalchemy.URL) -> str:
    """Return ``url`` without its password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def told(url: sqlalchemy.URL) -> Iterator[None]:
    """Raise what the storage at ``url`` raises as an error of ours: a line for people."""
    where = f"storage {shown(url)}"
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigError(
            f"{where}: its driver is not installed: pip install "
            "-r requirements-train.txt, or the driver that the URL names"
        ) from error
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise StudyError(f"{where}: {_reason(error)}") from error
    except RuntimeError as error:
        if "schema" not in str(error):
            raise
        raise StudyError(f"{where}: made by another version of Optuna") from error


def _reason(error: BaseException) -> str:
    """Return what the database says, and what to do, on one line."""
    inner = error
    while not isinstance(inner, DBAPIError) and inner.__cause__ is not None:
        inner = inner.__cause__
    original = inner.orig if isinstance(inner, DBAPIError) and inner.orig else inner
    # pg8000 ends with how it was called, which nobody here has said.
    text = _CALL.sub("", " ".join(_said(original).split()))[:200]
    for sign, advice in _ADVICE.items():
        if sign in text.lower():
            return f"{text}: {advice}"
    return text


def _said(error: BaseException) -> str:
    """Return what the server, or else its driver, says."""
    # pg8000 gives the fields of the server's message as they come. It then takes leave of a
    # server that may have hung up already, and fails once more: the message stands behind that.
    behind: BaseException | None = error
    while behind is not None:
        if behind.args and isinstance(behind.args[0], dict):
            return str(behind.args[0].get("M", behind.args[0]))
        behind = behind.__context__
    return str(error.args[0] if error.args else error)


_CALL = re.compile(r" \(timeout is .*? and source_address is .*?\)\.?")
_ADVICE = {
    "locked": "another program holds it: wait for that, or use PostgreSQL for several workers",
    "unable to open": "give a file in a folder that is there, and that can be written",
    "not a database": "give a file that a study has made, or a new name",
    "readonly": "give a file that can be written",
    "create a connection": "start the server, or give the address of one that runs",
    "password authentication": "give the password in the URL",
    "does not exist": "make it with createdb or createuser, or give another",
}
