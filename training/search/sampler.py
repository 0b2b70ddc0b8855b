"""NSGA-II within limits of cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import NSGAIISampler

from device.errors import ConfigError
from training.search.settings import SearchConfig
from training.search.space import GENES, Candidate
from training.search.tried import CONFIRM, ROLE

# So many networks in a row outside of the limits: there is none inside, or hardly one.
_MOST_DRAWN = 20_000
# Children of parents within the limits mostly are so too.
_MOST_CHILDREN = 50


class WithinLimits(NSGAIISampler):
    """NSGA-II (Deb et al. 2002) that proposes only networks within the limits of ``settings``.

    What is outside costs nothing here; as a trial it would be written down.

    Raises ConfigError where there is nothing within the limits.
    """

    def __init__(self, settings: SearchConfig, seed: int | None = None) -> None:
        super().__init__(population_size=settings.population, seed=seed)
        self._settings = settings
        self._generator = np.random.default_rng(seed)
        self._drawn()

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all genes: every trial has them all."""
        return dict(GENES)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Return the genes of a child, or, in the first generation, of anybody.

        None for a second try: it has its genes, and is of no generation.
        """
        if trial.user_attrs.get(ROLE) == CONFIRM:
            return {}
        parents = self.get_parent_population(study, self.get_trial_generation(study, trial))
        for _ in range(_MOST_CHILDREN if parents else 0):
            # As Optuna's sampler does it, which would ask the storage for the parents each time.
            child = self._child_generation_strategy(study, search_space, parents)
            # A gene that mutates is left out, to be drawn anew.
            genes = {name: child.get(name, self._value(kind)) for name, kind in GENES.items()}
            if self._allows(genes):
                return genes
        return self._drawn()

    def _drawn(self) -> dict[str, Any]:
        for _ in range(_MOST_DRAWN):
            genes = {name: self._value(kind) for name, kind in GENES.items()}
            if self._allows(genes):
                return genes
        raise ConfigError(
            f"none of {_MOST_DRAWN:,} networks was within macs = {list(self._settings.macs)} and "
            f"bytes = {list(self._settings.bytes)}: allow more"
        )

    def _allows(self, genes: Mapping[str, Any]) -> bool:
        plan = Candidate.of(genes).plan
        return self._settings.allows(plan.macs(), plan.int8_bytes())

    def _value(self, kind: BaseDistribution) -> Any:
        """Draw a value, evenly over all that there are, or over their logarithms."""
        draw = self._generator
        match kind:
            case CategoricalDistribution():
                return kind.choices[draw.integers(len(kind.choices))]
            case IntDistribution():
                return int(
                    kind.low + kind.step * draw.integers((kind.high - kind.low) // kind.step + 1)
                )
            case FloatDistribution(log=True):
                return float(np.exp(draw.uniform(np.log(kind.low), np.log(kind.high))))
            case FloatDistribution(step=float(step)):
                steps = round((kind.high - kind.low) / step)
                return float(kind.low + step * draw.integers(steps + 1))
        raise TypeError(f"{kind!r} is not drawn here")
