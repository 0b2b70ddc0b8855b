"""How weights follow their gradients: the rate's course, and who learns how fast."""

from __future__ import annotations

from typing import Any

import keras

from training.architectures import named
from training.config import TrainingConfig

# Of these, normalisation needs the size as it is, and a bias has nothing to hold back.
NOT_DECAYING = ["gamma", "beta", "bias"]


def optimizer_for(
    config: TrainingConfig, steps: int, rate: Any = None
) -> keras.optimizers.Optimizer:
    """Return the optimizer for a run of ``config``, with ``steps`` steps an epoch.

    rate: a schedule of Keras's in place of the one cycle.
    """
    options: dict[str, Any] = {"use_ema": True, "ema_momentum": config.ema_momentum}
    if config.optimizer == "sgd":
        options |= {"momentum": config.momentum, "nesterov": True}
    else:
        options |= {"beta_1": config.momentum}
    total = steps * config.epochs
    options |= {"learning_rate": rate or one_cycle(config.peak_rate, config.warmup, total)}
    options |= {"weight_decay": config.weight_decay}
    stages = named(config.architecture).stages
    if stages:
        options["stages"] = Stages(stages, config.stage_rate, steps * config.frozen_epochs)
    optimizer = _KINDS[config.optimizer, bool(stages)](**options)
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYING)
    return optimizer


def one_cycle(
    peak_rate: float, warmup: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the rate's course over ``steps``, of which the share ``warmup`` goes up to its peak.

    It begins at a twentieth of that, and ends at 0, along half a cosine (Smith 2018).
    """
    warming = round(steps * warmup)
    return keras.optimizers.schedules.CosineDecay(
        peak_rate / 20,
        decay_steps=max(1, steps - warming),
        warmup_target=peak_rate,
        warmup_steps=warming,
    )


class Stages:
    """Which share of the learning rate each weight has, and from when on.

    names: beginnings of the names of the layers of each stage, from the picture on.
    rate: how much slower each stage learns than the one after it; what is in no
        stage learns at the full rate.
    frozen_steps: for so many steps no stage learns at all.
    """

    def __init__(self, names: tuple[str, ...], rate: float, frozen_steps: int) -> None:
        self._names = names
        self._rate = rate
        self._frozen_steps = frozen_steps

    def share(self, path: str) -> float | None:
        """Return the share of the weight called ``path``; None where it is in no stage."""
        layer = path.split("/")[-2]
        for depth, name in enumerate(reversed(self._names), start=1):
            if layer.startswith(f"{name}_"):
                return self._rate**depth
        return None

    def now(self, share: float | None, step: Any) -> Any:
        """Return ``share`` as it is in ``step``, a scalar of the backend."""
        if share is None:
            return 1.0
        return keras.ops.where(step < self._frozen_steps, 0.0, share)


class _Staged:
    """An optimizer by whose rate each weight has its share.

    One optimizer from the first step to the last: its state is in every checkpoint,
    the averages of weights go on, and no backend has to compile a second network. The
    price is that the gradients of frozen stages are computed, and not used; an
    optimizer that scales by past gradients knows their size by the time they are.
    """

    def __init__(self, *, stages: Stages, weight_decay: float, **options: Any) -> None:
        # The decay is not given to Keras, which would let frozen weights decay too.
        super().__init__(**options)
        self._stages = stages
        self._decay = weight_decay

    def build(self, variables: list[Any]) -> None:
        """Make the state for ``variables``, and note the share of each."""
        super().build(variables)  # type: ignore[misc]
        self._shares = tuple(self._stages.share(variable.path) for variable in variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Let ``variable`` decay and follow ``gradient``, both at its own rate."""
        keras_: Any = self
        share = self._shares[keras_._get_variable_index(variable)]
        rate = learning_rate * self._stages.now(share, keras_.iterations)
        if self._decay and keras_._use_weight_decay(variable):
            keras_.assign_sub(variable, variable * self._decay * rate)
        super().update_step(gradient, variable, rate)  # type: ignore[misc]


class StagedSGD(_Staged, keras.optimizers.SGD):  # type: ignore[misc]
    """Stochastic gradient descent with momentum, in stages."""


class StagedAdam(_Staged, keras.optimizers.Adam):  # type: ignore[misc]
    """Adam with decoupled decay (Loshchilov and Hutter 2017), in stages."""


_KINDS = {
    ("sgd", False): keras.optimizers.SGD,
    ("sgd", True): StagedSGD,
    ("adam", False): keras.optimizers.Adam,
    ("adam", True): StagedAdam,
}
