"""The folder that a training run leaves behind."""

from __future__ import annotations

import csv
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

import keras
import msgspec

from training.checkpoints import Checkpoints
from training.epochs import CHECKPOINTS
from training.errors import RunError

# The distributions that decide what a run computes, as far as they are installed.
_LIBRARIES = (
    "keras", "numpy", "opencv-python-headless", "msgspec",
    "tensorflow", "tensorflow-cpu", "torch", "jax",
)  # fmt: skip

Data = Mapping[str, Mapping[str, str]]
Settings = TypeVar("Settings")


class Config(Protocol):
    """What decides a run, a ``msgspec.Struct``; of each kind of run there is one."""

    @property
    def epochs(self) -> int:
        """How many epochs there are in all."""

    @property
    def seed(self) -> int:
        """What chance is drawn by."""


class RunFolder:
    """Where a run keeps its configuration, checkpoint, history and model.

    ``config.json``, ``run.json`` (when, revision, versions, seed, data),
    ``history.csv`` (a row an epoch), ``checkpoint/`` (to go on from),
    ``model.keras`` (the best epoch's averaged weights) and, where FER+ votes were
    learned too, ``ferplus.keras`` (the same with that head). What is written there is
    whole or not there: a kill at any moment leaves a folder to go on from, or one
    whose run begins anew where it has not finished an epoch.

    data: the fingerprint of each file or folder that is learned from.
    replicas: how many processors learn together.

    Raises RunError where the folder cannot be written, or holds another run.
    """

    MODEL = "model.keras"
    FERPLUS_MODEL = "ferplus.keras"

    def __init__(self, folder: Path, config: Config, data: Data, *, replicas: int = 1) -> None:
        self.folder = folder
        self._replicas = replicas
        self._anew = False
        try:
            self.checkpoints = Checkpoints(folder / CHECKPOINTS)
            if self.checkpoints.epoch():
                self._check_config(config)
                self._resume(config, data)
            else:
                self._anew = self._cut_off_early()
                if not self._anew:
                    self._check_empty()
                self._start(config, data)
        except OSError as error:
            raise RunError(f"cannot use {folder} as run folder: {error.strerror}") from error

    @property
    def model(self) -> Path:
        """Path of the model file."""
        return self.folder / self.MODEL

    @property
    def ferplus_model(self) -> Path:
        """Path of the same network with the head that FER+ votes have trained."""
        return self.folder / self.FERPLUS_MODEL

    def _start(self, config: Config, data: Data) -> None:
        about = {"seed": config.seed, "data": data, "started": self._now(), "resumed": []}
        # In this order: settings without it are taken for another program's.
        write_json(self.folder / "run.json", about)
        write_json(self.folder / "config.json", msgspec.to_builtins(config))

    def _cut_off_early(self) -> bool:
        """Tell whether a run has begun here and not finished an epoch.

        Its files are not worth keeping: there may be the model of an epoch whose checkpoint was
        not written any more, and a history without rows, or with the one of that epoch.
        """
        if not (self.folder / "run.json").exists():
            return False
        return self.checkpoints.cut_off_in_the_first() or not self.history()

    def _check_empty(self) -> None:
        """Refuse to write over a finished run, or another program's files."""
        for name in (self.MODEL, "history.csv"):
            if (self.folder / name).exists():
                raise RunError(
                    f"{self.folder} has a {name} but no checkpoint to go on from: "
                    "use another folder, or delete this one"
                )
        if (self.folder / "config.json").exists() and not (self.folder / "run.json").exists():
            raise RunError(
                f"{self.folder / 'config.json'} is not of a training run: use another folder"
            )

    def _check_config(self, config: Config) -> None:
        wanted = msgspec.to_builtins(config)
        # Converted, a setting that came later than the run has its default.
        there = msgspec.to_builtins(read_run_config(self.folder / "config.json", type(config)))
        for name in wanted:
            if there[name] != wanted[name]:
                self._refuse(name, repr(there[name]), repr(wanted[name]))

    def _resume(self, config: Config, data: Data) -> None:
        """Check that the run is of the same data, and note beside its start that it goes on."""
        path = self.folder / "run.json"
        about = _read_json(path)
        digests = [{k: v["sha256"] for k, v in d.items()} for d in (about["data"], data)]
        if digests[0] != digests[1]:
            self._refuse("data", _names(about["data"]), _names(data))
        done = self.checkpoints.epoch()
        if len(self.history()) < done:
            raise RunError(
                f"{self.folder / 'history.csv'} has fewer rows than the {done} epochs that are "
                "done: put it back, or use another folder"
            )
        now = self._now()
        before = about["started"]["backend"]
        if before != now["backend"]:
            self._refuse("KERAS_BACKEND", repr(before), repr(now["backend"]))
        if done < config.epochs:  # else it is only evaluated again
            write_json(path, about | {"resumed": [*about["resumed"], now]})

    def _now(self) -> dict[str, Any]:
        """Return what is worth knowing of a start: when, by which code, on how much."""
        together = {"replicas": self._replicas} if self._replicas > 1 else {}
        return {
            "at": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "revision": revision(),
            "backend": keras.backend.backend(),
            "versions": _versions(),
        } | together

    def _refuse(self, what: str, there: str, wanted: str) -> NoReturn:
        raise RunError(
            f"{self.folder} holds a run with {what} = {there}, not {wanted}: "
            "use the same or another folder"
        )

    def whence(self) -> str:
        """Return what the run goes on after, to be added to what is said of it; "" if it is new."""
        done = self.checkpoints.epoch()
        if done:
            return f", going on after epoch {done}"
        return ", anew: the run there had not finished an epoch" if self._anew else ""

    def beginning(self) -> dict[str, bytes]:
        """Return the files that the run goes on from, by name; none where it has not begun."""
        last = self.checkpoints.last()
        if last is None:
            return {}
        files = (last, self.folder / "history.csv")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def take(self, beginning: Mapping[str, bytes]) -> None:
        """Let this folder go on from another one's ``beginning``.

        Raises RunError where a name leads out of the folder.
        """
        for name, content in beginning.items():
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()):
                raise RunError(f"{name} is outside the run folder: who sent that is no chief")
            path.write_bytes(content)

    def append_history(self, row: Mapping[str, float]) -> None:
        """Add an epoch's figures."""
        self._write_history([*self.history(), dict(row)])

    def truncate_history(self, epochs: int) -> None:
        """Keep the figures of the first ``epochs`` epochs."""
        self._write_history(self.history()[:epochs])

    def history(self) -> list[dict[str, float]]:
        """Return the figures of each epoch so far."""
        path = self.folder / "history.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def _write_history(self, rows: list[dict[str, float]]) -> None:
        path = self.folder / "history.csv"
        if not rows:
            path.unlink(missing_ok=True)
            return
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(row | {"epoch": int(row["epoch"])} for row in rows)
        os.replace(partial, path)


def _names(data: Data) -> str:
    """Return the files with the first digits of their digests, for people."""
    return ", ".join(f"{v['name']} ({v['sha256'][:8]})" for v in data.values())


def read_run_config(path: Path, kind: type[Settings]) -> Settings:
    """Return the configuration, of that kind, that a run folder's ``config.json`` holds.

    Raises RunError where it cannot be read.
    """
    try:
        return msgspec.convert(_read_json(path), kind)
    except msgspec.ValidationError as error:
        raise RunError(
            f"{path}: {error}: this run is of another kind, or another version of Mien"
        ) from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: not readable JSON ({error}): use another folder") from error


def write_json(path: Path, content: object) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)


def revision() -> str:
    """Return the commit that this code stands at, or "unknown" outside a checkout."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=here, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # Another backend's.
    return versions
