"""A trial of a study, read back: what was tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from training.architectures.plan import Plan
from training.search.halving import Standing
from training.search.space import Candidate

# What a trial notes of itself. The accuracies are there from its first rung on.
ROLE, AGAIN, PLAN, MACS, BYTES, ACCURACIES, HEIR = (
    "role", "again", "plan", "macs", "int8_bytes", "accuracies", "inherited",
)  # fmt: skip
SEARCH, BASELINE, CONFIRM = "search", "baseline", "confirm"
# One that waits to be begun again still has the notes of the one that was lost.
_NOTHING_SHOWN = (TrialState.FAIL, TrialState.WAITING)


@dataclass(frozen=True)
class Tried:
    """What is known of a trial.

    role: "search"; "baseline", what is compared with; "confirm", a second try of one that was
        good, without weights of others.
    again: the trial that it is a second try of.
    accuracies: after each rung, shares of the held-out images.
    inherited_from, inherited: the trial whose weights it began with, and which share of its
        own these were; None and 0.0: it began with none.
    complete: it went through all rungs. done: it has ended one way or the other.
    """

    number: int
    role: str
    again: int | None
    candidate: Candidate
    macs: int
    size_bytes: int
    accuracies: tuple[float, ...]
    inherited_from: int | None
    inherited: float
    complete: bool
    done: bool

    @property
    def plan(self) -> Plan:
        """The plan of its network."""
        return self.candidate.plan

    @property
    def accuracy(self) -> float:
        """The last accuracy that was measured; 0.0 where none was."""
        return self.accuracies[-1] if self.accuracies else 0.0

    def standing(self, rung: int) -> Standing | None:
        """Return what it had shown at ``rung``, from 0; None where it did not come there."""
        if rung >= len(self.accuracies):
            return None
        return Standing(self.accuracies[rung], self.macs, self.size_bytes)


def read(trials: list[FrozenTrial]) -> list[Tried]:
    """Return those of ``trials`` that were trained, lost ones left out."""
    return [
        _read(trial)
        for trial in trials
        # What was stopped without any accuracy had a loss that is no number.
        if trial.state == TrialState.PRUNED
        or (trial.user_attrs.get(ACCURACIES) and trial.state not in _NOTHING_SHOWN)
    ]


def _read(trial: FrozenTrial) -> Tried:
    notes = trial.user_attrs
    inherited_from, inherited = notes.get(HEIR) or (None, 0.0)
    return Tried(
        number=trial.number,
        role=notes.get(ROLE, SEARCH),
        again=notes.get(AGAIN),
        candidate=Candidate.of(trial.params),
        macs=notes[MACS],
        size_bytes=notes[BYTES],
        accuracies=tuple(notes[ACCURACIES]),
        inherited_from=inherited_from,
        inherited=inherited,
        complete=trial.state == TrialState.COMPLETE,
        done=trial.state.is_finished(),
    )
