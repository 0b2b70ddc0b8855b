"""Which architectures there are, and how each is best trained."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from device.errors import ConfigError
from training.architectures.plan import PREFIX, Plan

if TYPE_CHECKING:
    import keras

    # From raw grey levels (n, 48, 48, 1) and the share of dropout to features: (n, channels)
    # or, where the head is a convolution, (n, height, width, channels).
    Features = Callable[[keras.KerasTensor, float], keras.KerasTensor]


@dataclass(frozen=True)
class Architecture:
    """A network by name.

    about: what it is, in some words.
    features: where the function is that builds all but the head; its docstring
        gives the reasons.
    trained_as: the same for the network with what only its loss needs, if anything.
    recipe: the settings in which its training differs from the defaults.
    stages: the parts that come with weights learned elsewhere, from the picture on:
        beginnings of names of layers. None: it learns from nothing.
    """

    about: str
    features: str
    trained_as: str = ""
    recipe: Mapping[str, object] = field(default_factory=dict)
    stages: tuple[str, ...] = ()

    def function(self, *, for_training: bool = False) -> Features:
        """Return the function that builds all but the head; this imports Keras."""
        name = (for_training and self.trained_as) or self.features
        return cast("Features", pkgutil.resolve_name(f"training.architectures.{name}"))


@dataclass(frozen=True)
class Searched(Architecture):
    """The network of a plan that ``search`` has found, or that somebody has written."""

    features: str = "searched:network"
    plan: Plan = field(kw_only=True)

    def function(self, *, for_training: bool = False) -> Features:
        """Return the function that builds all but the head; this imports Keras."""
        build = pkgutil.resolve_name(f"training.architectures.{self.features}")
        return cast("Features", build(self.plan))


# A study's best from nothing, made a third to twice as wide: as many MACs as the network made by
# hand that was called so before, searched-k5c20-r3c20n1-r3c40n2-r3c80n2.
MIEN_NANO = "searched-k3c16-i3c48n1x4-p3c56n3e-p3c96n2e"

ARCHITECTURES: dict[str, Architecture] = {
    "mien": Architecture(
        about="residual blocks with squeeze-and-excite; what Mien ships by default",
        features="mien:mien",
    ),
    "mien-nano": Searched(
        about="found by a search: convolutions and squeeze-and-excite, for a Pi Zero 2 W",
        plan=Plan.parse(MIEN_NANO),
        recipe={
            "epochs": 80,
            "peak_rate": 0.25,
            "dropout": 0.05,
            "weight_decay": 1.5e-3,
            "augmentation": {
                "rotate_deg": 12.0,
                "scale": 0.12,
                "shift_px": 3.0,
                "erase_probability": 0.25,
            },
        },
    ),
    "vgg": Architecture(
        about="four blocks of two convolutions, then two dense layers",
        features="vgg:vgg",
        recipe={
            "optimizer": "adam",
            "peak_rate": 5e-4,
            "weight_decay": 0.05,
            "dropout": 0.4,
        },
    ),
    "mini-xception": Architecture(
        about="separable convolutions, 58,000 weights (Arriaga et al. 2017)",
        features="mini_xception:mini_xception",
        recipe={
            "optimizer": "adam",
            "peak_rate": 5e-3,
            "weight_decay": 0.01,
            "dropout": 0.0,
        },
    ),
    "resnet50": Architecture(
        about="ResNet50 with ImageNet's weights, fine-tuned",
        features="resnet50:resnet50",
        recipe={
            "optimizer": "adam",
            "peak_rate": 1e-3,
            "weight_decay": 0.05,
            "epochs": 20,
            "frozen_epochs": 2,
            "stage_rate": 0.4,
            "patience": 8,
        },
        stages=("conv1", "conv2", "conv3", "conv4", "conv5"),
    ),
    "attention": Architecture(
        about="four attention heads that look at different places (after DAN, 2021)",
        features="attention:attention",
        trained_as="attention:attention_in_training",
        recipe={"optimizer": "adam", "peak_rate": 2e-3, "weight_decay": 0.05},
    ),
}


def named(name: str) -> Architecture:
    """Return the architecture called ``name``: one of ``ARCHITECTURES``, or that of a plan.

    Raises ConfigError, naming the known ones, where there is none.
    """
    if name.startswith(PREFIX):
        plan = Plan.parse(name)
        # What is searched for is as small as mien-nano, and is trained as it is.
        recipe = ARCHITECTURES["mien-nano"].recipe
        return Searched("found by a search", recipe=recipe, plan=plan)
    if name not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ConfigError(f"architecture {name!r} is not known: use {known}")
    return ARCHITECTURES[name]
