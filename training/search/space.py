"""What a search may choose: the plan of a network, and how it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from device.errors import ConfigError
from training.architectures import named
from training.architectures.plan import EXPANDING, KINDS, Plan, Stage
from training.augment import Augmentation
from training.config import TrainingConfig
from training.labels import SIDE
from training.search.settings import Rung, SearchConfig

Gene = str | float
_STAGES = (1, 2, 3)
_WIDTHS = {1: (8, 48, 4), 2: (16, 80, 8), 3: (32, 160, 16)}
# The augmentation of small networks' own recipe is a strength of 1.
_RECIPE = msgspec.convert(
    named("mien-nano").recipe["augmentation"], Augmentation
)  # fmt: skip
_TRAINING: dict[str, BaseDistribution] = {
    "peak_rate": FloatDistribution(0.02, 0.4, log=True),
    "weight_decay": FloatDistribution(5e-4, 1e-2, log=True),
    "label_smoothing": FloatDistribution(0.0, 0.1, step=0.05),
    "dropout": FloatDistribution(0.0, 0.3, step=0.05),
    "augmentation": FloatDistribution(0.25, 1.5, step=0.25),
}


def _genes() -> dict[str, BaseDistribution]:
    genes: dict[str, BaseDistribution] = {
        "stem_kernel": CategoricalDistribution((3, 5, 7)),
        "stem_channels": IntDistribution(8, 32, step=4),
    }
    for number in _STAGES:
        low, high, step = _WIDTHS[number]
        genes |= {
            f"kind_{number}": CategoricalDistribution(tuple(KINDS)),
            f"kernel_{number}": CategoricalDistribution((3, 5)),
            f"channels_{number}": IntDistribution(low, high, step=step),
            f"blocks_{number}": IntDistribution(1, 3),
            f"expand_{number}": IntDistribution(1, 4),
            f"excite_{number}": CategoricalDistribution((False, True)),
        }
    return genes | _TRAINING


# All of them are drawn for every trial: NSGA-II crosses what both parents have.
GENES = _genes()


@dataclass(frozen=True)
class Candidate:
    """A network and how to train it.

    augmentation: how far images are changed, in shares of what small networks' recipe says.
    """

    plan: Plan
    peak_rate: float
    weight_decay: float
    label_smoothing: float
    dropout: float
    augmentation: float

    @classmethod
    def of(cls, genes: Mapping[str, Any]) -> Candidate:
        """Return the candidate that has ``genes``, a value for each of ``GENES``."""
        stages = tuple(_stage(genes, number) for number in _STAGES)
        plan = Plan(int(genes["stem_kernel"]), int(genes["stem_channels"]), stages)
        return cls(plan, **{name: float(genes[name]) for name in _TRAINING})

    @classmethod
    def suggested(cls, trial: optuna.Trial) -> Candidate:
        """Return the candidate that the sampler wants to have tried."""
        return cls.of({name: _suggest(trial, name, kind) for name, kind in GENES.items()})

    def settings(self) -> dict[str, object]:
        """Return what ``train`` needs to be told, in the words of its settings."""
        return {
            "architecture": str(self.plan),
            "peak_rate": self.peak_rate,
            "weight_decay": self.weight_decay,
            "label_smoothing": self.label_smoothing,
            "dropout": self.dropout,
            "augmentation": self._augmentation(SIDE),
        }

    def config(self, search: SearchConfig, rung: Rung, seed: int) -> TrainingConfig:
        """Return the settings of the training in one rung."""
        return msgspec.convert(
            self.settings()
            | {"augmentation": self._augmentation(rung.side), "epochs": rung.epochs}
            | {"batch_size": search.batch_size, "precision": search.precision, "seed": seed}
            # No average: over so few steps it would be of what came before.
            | {"ema_momentum": 0.0},
            TrainingConfig,
        )

    def _augmentation(self, side: int) -> dict[str, object]:
        """Return the changes that pictures of ``side`` pixels go through."""
        by = self.augmentation
        low, high = (max(1, round(edge * side / SIDE)) for edge in _RECIPE.erase_side_px)
        return {
            "rotate_deg": _RECIPE.rotate_deg * by,
            "scale": _RECIPE.scale * by,
            "shift_px": _RECIPE.shift_px * by * side / SIDE,
            "erase_probability": min(1.0, _RECIPE.erase_probability * by),
            "erase_side_px": [low, high],
        }


def _stage(genes: Mapping[str, Any], number: int) -> Stage:
    kind = str(genes[f"kind_{number}"])
    return Stage(
        kind,
        kernel=int(genes[f"kernel_{number}"]),
        channels=int(genes[f"channels_{number}"]),
        blocks=int(genes[f"blocks_{number}"]),
        expand=int(genes[f"expand_{number}"]) if kind in EXPANDING else 1,
        excite=bool(genes[f"excite_{number}"]),
    )


def genes_of(name: str) -> dict[str, Gene]:
    """Return the genes of the plan called ``name``, trained as the recipe of small networks says.

    Raises ConfigError where it is no plan, or outside of what is searched.
    """
    plan = Plan.parse(name)
    if len(plan.stages) != len(_STAGES):
        raise ConfigError(f"baseline {name!r} has {len(plan.stages)} stages: give {len(_STAGES)}")
    genes: dict[str, Gene] = {"stem_kernel": plan.kernel, "stem_channels": plan.channels}
    for number, stage in enumerate(plan.stages, start=1):
        for trait in ("kind", "kernel", "channels", "blocks", "expand", "excite"):
            genes[f"{trait}_{number}"] = getattr(stage, trait)
    recipe = msgspec.convert(
        {k: v for k, v in named(name).recipe.items() if k != "augmentation"}, TrainingConfig
    )
    genes |= {k: getattr(recipe, k) for k in _TRAINING if k != "augmentation"}
    genes["augmentation"] = 1.0
    for gene, value in genes.items():
        if not _holds(GENES[gene], value):
            raise ConfigError(f"baseline {name!r}: {gene} = {value} is outside of what is searched")
    return genes


def _suggest(trial: optuna.Trial, name: str, kind: BaseDistribution) -> Gene:
    match kind:
        case CategoricalDistribution():
            chosen: Gene = trial.suggest_categorical(name, kind.choices)  # type: ignore[assignment]
            return chosen
        case IntDistribution():
            return trial.suggest_int(name, kind.low, kind.high, step=kind.step)
        case FloatDistribution():
            return trial.suggest_float(name, kind.low, kind.high, step=kind.step, log=kind.log)
    raise TypeError(f"{kind!r} is not drawn here")


def _holds(kind: BaseDistribution, value: Any) -> bool:
    """Tell whether ``kind`` has ``value`` among what it draws."""
    match kind:
        case CategoricalDistribution():
            return value in kind.choices
        case IntDistribution():
            return value in range(kind.low, kind.high + 1, kind.step)
        case FloatDistribution():
            return bool(kind.low <= value <= kind.high)
    raise TypeError(f"{kind!r} is not drawn here")
