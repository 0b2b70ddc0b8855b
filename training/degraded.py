"""Copies of a split whose pictures have lost something, to measure what a model then loses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from training import degradation
from training.data import Split
from training.degradation import Grey

Loss = Callable[[Grey, np.random.Generator], Grey]


@dataclass(frozen=True)
class Degraded:
    """One kind of loss at one strength.

    learned: whether ``Augmentation.degradation`` shows it in training. What it does not
        show tells whether a network has learned more than these very losses.
    """

    kind: str
    strength: str
    lose: Loss
    learned: bool = True

    @property
    def name(self) -> str:
        """What people call it, such as "blur 1.2 px"."""
        return f"{self.kind} {self.strength}"


def kinds() -> list[Degraded]:
    """Return all that is measured, each kind from mild to strong."""
    return [
        *(Degraded("blur", f"{px} px", partial(_blur, px)) for px in (0.7, 1.2, 2.0)),
        *(Degraded("downscale", f"{px} px", partial(_downscale, px)) for px in (32, 24, 16)),
        *(Degraded("jpeg", f"quality {q}", partial(_jpeg, q)) for q in (50, 25, 10)),
        *(Degraded("noise", f"{s} levels", partial(_noise, s)) for s in (8, 16, 32)),
        *(Degraded("gamma", f"{g} or 1/{g}", partial(_gamma, g)) for g in (1.5, 2, 3)),
        *(Degraded("framing", f"{s:.0%}", partial(_framing, s)) for s in (0.1, 0.2, 0.3)),
        *(Degraded("motion", f"{px} px", partial(_motion, px), False) for px in (3, 5, 9)),
        *(Degraded("shade", f"{d:.0%}", partial(_shade, d), False) for d in (0.4, 0.6, 0.8)),
    ]


def copies(split: Split, seed: int = 0) -> Iterator[tuple[Degraded, Split]]:
    """Yield a copy of ``split`` for each of ``kinds``, one at a time.

    Each image's loss hangs on ``seed``, its place and the kind alone, and on no other image.
    """
    for number, kind in enumerate(kinds()):
        images = np.stack(
            [
                kind.lose(image, np.random.default_rng((seed, number, place)))
                for place, image in enumerate(split.images)
            ]
        )
        yield kind, replace(split, images=images, origin=kind.name)


def _blur(sigma_px: float, image: Grey, generator: np.random.Generator) -> Grey:
    return degradation.blur(image, sigma_px)


def _downscale(side_px: int, image: Grey, generator: np.random.Generator) -> Grey:
    return degradation.downscale(image, side_px)


def _jpeg(quality: int, image: Grey, generator: np.random.Generator) -> Grey:
    return degradation.jpeg(image, quality)


def _noise(sigma: float, image: Grey, generator: np.random.Generator) -> Grey:
    return degradation.noise(image, sigma, generator)


def _gamma(exponent: float, image: Grey, generator: np.random.Generator) -> Grey:
    """Half of the pictures are darker, half brighter."""
    return degradation.gamma(image, exponent if generator.random() < 0.5 else 1 / exponent)


def _framing(amount: float, image: Grey, generator: np.random.Generator) -> Grey:
    """Half are framed too widely, half too tightly, and each is off by half as much."""
    scale = 1 - amount if generator.random() < 0.5 else 1 + amount
    angle, length_px = generator.uniform(0, 2 * math.pi), amount / 2 * len(image)
    shift_xy = (length_px * math.cos(angle), length_px * math.sin(angle))
    return degradation.framing(image, scale, shift_xy)


def _motion(length_px: int, image: Grey, generator: np.random.Generator) -> Grey:
    return degradation.motion(image, length_px, generator.uniform(0, 180))


def _shade(depth: float, image: Grey, generator: np.random.Generator) -> Grey:
    return degradation.shade(image, depth, generator.uniform(0, 360))
