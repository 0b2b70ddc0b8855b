"""A study: many trials by one or more workers, which goes on where it stopped."""

from __future__ import annotations

import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from threading import Event

import msgspec
import optuna
import sqlalchemy
from optuna.storages import fail_stale_trials
from optuna.study import StudyDirection
from optuna.trial import TrialState

from training.errors import RunError
from training.search.objective import Objective
from training.search.sampler import WithinLimits
from training.search.settings import SearchConfig
from training.search.space import GENES, genes_of
from training.search.storage import LATE, connect, shown, told
from training.search.tried import ACCURACIES, AGAIN, BASELINE, CONFIRM, ROLE, Tried, read

_MORE, _LESS = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
# Accuracy, multiply-accumulates, bytes.
_DIRECTIONS = (_MORE, _LESS, _LESS)
_SETTINGS, _ID = "settings", "id"
# How long the worker that makes a study has for its settings.
_SETTLED_S = 30.0


class Study:
    """A study by name in a storage; the same settings and data for all its trials.

    data: the fingerprint of what is learned from; its name does not matter.
    heartbeat_s: how often a worker says that its trial is alive, in seconds.
    begins: whether the study is made where there is none by that name.

    Raises ConfigError for settings that are not possible, RunError where the study has others,
    StudyError where the storage does not answer.
    """

    def __init__(
        self,
        url: sqlalchemy.URL,
        name: str,
        settings: SearchConfig,
        data: Mapping[str, str],
        *,
        heartbeat_s: int = 60,
        begins: bool = True,
    ) -> None:
        # Optuna tells every trial in its own words, and every failure with a traceback.
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        self._url = url
        self._name = name
        self._settings = settings
        self._heartbeat_s = heartbeat_s
        self._silent: dict[int, float] = {}
        baseline = genes_of(settings.baseline) if settings.baseline else None
        self._storage = connect(url, heartbeat_s)
        same = {key: value for key, value in data.items() if key != "name"}
        wanted = msgspec.to_builtins(settings) | {"data": same}
        with told(url):
            known = name in optuna.get_all_study_names(self._storage)
            if not known and not begins:
                raise RunError(f"there is no study {name!r} in {shown(url)}: search first")
            self._study = self._open(wanted, baseline)

    def _open(
        self, wanted: Mapping[str, object], baseline: Mapping[str, object] | None
    ) -> optuna.Study:
        sampler = WithinLimits(self._settings)
        try:
            study = optuna.create_study(
                storage=self._storage, sampler=sampler, study_name=self._name,
                directions=_DIRECTIONS,
            )  # fmt: skip
        except optuna.exceptions.DuplicatedStudyError:
            study = optuna.load_study(storage=self._storage, sampler=sampler, study_name=self._name)
            self._check(study, wanted)
            return study
        # First of all: a worker that finds a study without them waits, but not where it has trials.
        study.set_user_attr(_SETTINGS, {**wanted, _ID: uuid.uuid4().hex[:8]})
        if baseline is not None:
            study.enqueue_trial(dict(baseline), user_attrs={ROLE: BASELINE})
        return study

    def _check(self, study: optuna.Study, wanted: Mapping[str, object]) -> None:
        """Raise RunError where the study is of other settings, or of another program."""
        until = time.monotonic() + _SETTLED_S
        while (there := study.user_attrs.get(_SETTINGS)) is None and not study.trials:
            if time.monotonic() > until:
                break
            Event().wait(0.2)
        if there is None:
            raise RunError(
                f"study {self._name!r} was not made by this command: give another --study"
            )
        for name, value in msgspec.json.decode(msgspec.json.encode(wanted)).items():
            if there.get(name) != value:
                raise RunError(
                    f"study {self._name!r} has {name} = {there.get(name)}, not {value}: "
                    "use the same, or give another --study"
                )

    @property
    def id(self) -> str:
        """What no other study has, though it be of the same name in the same storage later."""
        with told(self._url):
            return str(self._study.user_attrs[_SETTINGS][_ID])

    def tried(self) -> list[Tried]:
        """Return the trials that were trained, in the order in which they began."""
        with told(self._url):
            return read(self._study.get_trials(deepcopy=False))

    def confirm(self, candidates: list[Tried]) -> int:
        """Have each of ``candidates``, and the baseline, tried again, beginning with no weights.

        Returns how many that are; one that was tried so already is left out.
        """
        asked = [*candidates, *(one for one in self.tried() if one.role == BASELINE)]
        with told(self._url):
            trials = self._study.get_trials(deepcopy=False)
            known = {trial.user_attrs.get(AGAIN) for trial in trials}
            new = {one.number for one in asked if one.complete} - known
            for number in sorted(new):
                notes = {ROLE: CONFIRM, AGAIN: number}
                self._study.enqueue_trial(trials[number].params, user_attrs=notes)
        return len(new)

    def run(self, objective: Objective, trials: int, after: Callable[[], object]) -> None:
        """Try until ``trials`` have ended, by all workers together, and nothing waits.

        What was lost, or is a second try, does not count. ``after`` is called after each.
        """
        with told(self._url):
            while self._left(trials):
                if self._free(trials):
                    self._try(objective)
                    after()
                else:
                    # Others do what is left. A trial of theirs that is lost is ours.
                    Event().wait(min(5.0, self._heartbeat_s))
                    self._bury()

    def _bury(self) -> None:
        """Fail the trials of workers that died, so that they are begun again."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            fail_stale_trials(self._study)
        # Optuna waits for ever for a worker that died before it could say that it lives.
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if ACCURACIES in trial.user_attrs:
                continue
            since = self._silent.setdefault(trial.number, time.monotonic())
            if time.monotonic() - since > LATE * self._heartbeat_s:
                self._study.tell(trial.number, state=TrialState.FAIL)

    def _left(self, trials: int) -> bool:
        waiting = self._count(TrialState.WAITING, TrialState.RUNNING)
        return waiting > 0 or self._ended() < trials

    def _free(self, trials: int) -> bool:
        """Tell whether there is a trial that nobody works on."""
        if self._count(TrialState.WAITING):
            return True
        return self._ended() + self._count(TrialState.RUNNING) < trials

    def _ended(self) -> int:
        return sum(one.done and one.role != CONFIRM for one in self.tried())

    def _count(self, *states: TrialState) -> int:
        return len(self._study.get_trials(deepcopy=False, states=states))

    def _try(self, objective: Objective) -> None:
        try:
            self._study.optimize(objective, n_trials=1)
        except KeyboardInterrupt:
            self._again(objective.number)
            raise
        except (ValueError, optuna.exceptions.UpdateFinishedTrialError) as error:
            # Optuna's words where others took the trial for lost, while this machine slept.
            if isinstance(error, ValueError) and not str(error).startswith("Cannot tell a "):
                raise
            print(f"trial {objective.number}: others took it for lost: left to them", flush=True)

    def _again(self, number: int) -> None:
        """Put a trial that Ctrl-C has ended back, for whoever goes on, however often."""
        trial = self._study.get_trials(deepcopy=False)[number]
        if trial.state == TrialState.FAIL and set(trial.params) == set(GENES):
            notes = {
                name: trial.user_attrs[name] for name in (ROLE, AGAIN) if name in trial.user_attrs
            }
            self._study.enqueue_trial(trial.params, user_attrs=notes)
