"""What changes where several replicas share a step.

A replica that works on as many images as one processor alone would is used best, so the batch
grows with their number. To learn as much of as many images with fewer steps, the rate grows
as well: in proportion for stochastic gradient descent, after a warm-up, which the one cycle
has (Goyal et al. 2017, "Accurate, Large Minibatch SGD"), by the square root for Adam (Malladi
et al. 2022, "On the SDEs and Scaling Rules for Adaptive Gradient Algorithms"). The average of
weights is to reach back over as many images (Busbridge et al. 2023, "How to Scale Your EMA").
"""

from __future__ import annotations

import math
from typing import Literal

from msgspec.structs import replace

from device.errors import ConfigError
from training.config import TrainingConfig

Rule = Literal["linear", "none"]
RULES: tuple[Rule, ...] = ("linear", "none")


def scaled(config: TrainingConfig, replicas: int, rule: Rule) -> TrainingConfig:
    """Return what ``config``, meant for one processor, is for ``replicas`` of them.

    With the rule "none" it stays, and each gets a part of the batch.

    Raises ConfigError where a batch cannot be shared evenly: each image would not count alike.
    """
    if rule == "linear":
        adam = config.optimizer == "adam"
        config = replace(
            config,
            batch_size=config.batch_size * replicas,
            peak_rate=config.peak_rate * (math.sqrt(replicas) if adam else replicas),
            ema_momentum=config.ema_momentum**replicas,
        )
    if config.batch_size % replicas:
        raise ConfigError(
            f"a batch of {config.batch_size} cannot be shared evenly by {replicas} replicas: "
            f"give a --batch-size that {replicas} divides"
        )
    return config


def changes(before: TrainingConfig, after: TrainingConfig) -> str:
    """Return what ``scaled`` has changed, in words."""
    if before == after:
        return f"{after.batch_size} images a step and the rate as one processor has them"
    root = " (the rate by the square root, for Adam)" if after.optimizer == "adam" else ""
    return (
        f"{after.batch_size} images a step in place of {before.batch_size}, "
        f"peak_rate {after.peak_rate:.4g} in place of {before.peak_rate:.4g}{root}, "
        f"ema_momentum {after.ema_momentum:.4g} in place of {before.ema_momentum:.4g}; "
        "--scale none keeps them"
    )
