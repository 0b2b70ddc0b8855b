"""What Optuna calls for each trial: weigh a network, train it as far as it is worth it."""

from __future__ import annotations

from optuna import Trial, TrialPruned

from training.interrupt import Interrupt
from training.search.halving import Standing, goes_on
from training.search.proxy import Proxy
from training.search.relatives import Weights, WeightsFolder, nearest
from training.search.settings import SearchConfig
from training.search.space import Candidate
from training.search.tried import (
    ACCURACIES,
    BYTES,
    CONFIRM,
    HEIR,
    MACS,
    PLAN,
    ROLE,
    SEARCH,
    Tried,
    read,
)


class Objective:
    """Tries a candidate; returns accuracy, multiply-accumulates and bytes.

    number: of the trial that is, or was last, tried.

    Raises TrialPruned for a network that is not worth more training. It tells of what it does
    on stdout.
    """

    def __init__(self, settings: SearchConfig, proxy: Proxy, folder: WeightsFolder) -> None:
        self._settings = settings
        self._proxy = proxy
        self._folder = folder
        self.number = -1

    def __call__(self, trial: Trial) -> tuple[float, float, float]:
        """Try ``trial``."""
        self.number = trial.number
        # A trial that is begun again still has the notes of the one that was lost.
        trial.set_user_attr(ACCURACIES, [])
        candidate = Candidate.suggested(trial)
        macs, size_bytes = candidate.plan.macs(), candidate.plan.int8_bytes()
        role = str(trial.user_attrs.get(ROLE, SEARCH))
        for name, value in ((PLAN, str(candidate.plan)), (MACS, macs), (BYTES, size_bytes)):
            trial.set_user_attr(name, value)
        weights, says = self._inherit(trial, candidate, role)
        note = "" if role == SEARCH else f" ({role})"
        print(
            f"trial {trial.number}{note}: {candidate.plan}, {macs / 1e6:.1f} M MACs, "
            f"{size_bytes:,} bytes{says}", flush=True,
        )  # fmt: skip
        # From here on, for Ctrl-C would be lost while Keras builds a network, too.
        with Interrupt() as interrupt:
            accuracy = self._train(trial, candidate, weights, role, interrupt)
        self._folder.save(trial.number, self._proxy.model)
        return accuracy, float(macs), float(size_bytes)

    def _train(
        self, trial: Trial, candidate: Candidate, weights: Weights, role: str, interrupt: Interrupt
    ) -> float:
        rungs = len(self._settings.rungs)
        accuracies: list[float] = []
        # A second try is of other chance, or it would be the first once more.
        seed = self._settings.seed + 1000 * (trial.number + 1)
        for accuracy in self._proxy.climb(candidate, seed, weights, interrupt):
            interrupt.heed()
            accuracies.append(accuracy)
            trial.set_user_attr(ACCURACIES, accuracies)
            shown = f"trial {trial.number}: {accuracy:.2%} after rung {len(accuracies)} of {rungs}"
            if len(accuracies) == rungs:
                print(shown, flush=True)
                return accuracy
            if role == SEARCH and not self._worth_more(trial, accuracies):
                print(f"{shown}: stopped", flush=True)
                raise TrialPruned(f"not among the best after rung {len(accuracies)}")
            print(shown, flush=True)
        print(f"trial {trial.number}: the loss is no number any more: stopped", flush=True)
        raise TrialPruned("diverged")

    def _worth_more(self, trial: Trial, accuracies: list[float]) -> bool:
        rung = len(accuracies) - 1
        mine = Standing(
            accuracies[-1], trial.user_attrs[MACS], trial.user_attrs[BYTES]
        )  # fmt: skip
        others = [other.standing(rung) for other in self._others(trial)]
        there = [standing for standing in others if standing is not None]
        return goes_on(mine, there, self._settings.promote)

    def _inherit(self, trial: Trial, candidate: Candidate, role: str) -> tuple[Weights, str]:
        """Return the weights that the trial begins with, and what to say of them."""
        known = [
            (other.number, other.plan, other.accuracy)
            for other in self._others(trial)
            if other.complete and other.role != CONFIRM and self._folder.has(other.number)
        ]
        found = None
        if self._settings.inherit and role != CONFIRM:
            found = nearest(candidate.plan, known)
        weights = self._folder.load(found[0]) if found else {}
        trial.set_user_attr(HEIR, found if weights else None)
        if not found or not weights:
            return {}, ""
        number, share = found
        return weights, f", {share:.0%} of the weights from trial {number}"

    def _others(self, trial: Trial) -> list[Tried]:
        trials = trial.study.get_trials(deepcopy=False)
        return [other for other in read(trials) if other.number != trial.number]
