"""What a search looks for, and how each network is tried."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from training.architectures.registry import MIEN_NANO
from training.labels import SIDE

AtLeastOne = Annotated[int, Meta(ge=1)]


class Rung(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of a trial: so many more epochs, on a share of the images, of so many pixels."""

    epochs: AtLeastOne
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    side: Annotated[int, Meta(ge=16, le=SIDE)] = SIDE


class SearchConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of a study; a file needs to hold only what differs from these.

    Networks outside ``macs`` (multiply-accumulates) and ``bytes`` (of the int8 file), from
    the least to the most, are not trained. ``baseline`` is tried first, and to the end, for
    the others to be compared with: a plan (``training/architectures/plan.py``), here that of
    ``mien-nano``; "" for none.

    ``held_out`` of the training images, of each class, are what the accuracy is measured on.

    A trial goes from one of ``rungs`` to the next, with the weights that it has, if it is
    among the ``promote`` best of all that came so far. ``inherit``: it begins with the
    weights of the trial that has most layers in common with it.

    ``population`` is NSGA-II's: how many complete trials are a generation.
    """

    macs: tuple[float, float] = (6e6, 24e6)
    bytes: tuple[float, float] = (100_000, 400_000)
    baseline: str = MIEN_NANO
    held_out: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    rungs: Annotated[tuple[Rung, ...], Meta(min_length=1)] = (
        Rung(3, share=0.25, side=32),
        Rung(4, share=0.5, side=32),
        Rung(5),
    )
    promote: Annotated[float, Meta(gt=0, le=1)] = 0.5
    inherit: bool = True
    population: Annotated[int, Meta(ge=2)] = 16
    batch_size: AtLeastOne = 128
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 1
    precision: Literal["float32", "mixed_bfloat16"] = "mixed_bfloat16"

    def __post_init__(self) -> None:
        for name in ("macs", "bytes"):
            low, high = getattr(self, name)
            if not 0 <= low < high:
                raise ValueError(f"{name} is {low:g}, {high:g}: give the least, then the most")

    def allows(self, macs: float, size_bytes: float) -> bool:
        """Tell whether a network of that cost is looked for."""
        (least, most), (smallest, largest) = self.macs, self.bytes
        return least <= macs <= most and smallest <= size_bytes <= largest
