"""Everything that decides how a run of ``mask`` goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from training.config import read_settings
from training.landmarks.config import FaceAugmentation

Share = Annotated[float, Meta(ge=0, lt=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]


class MaskConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one run; a file needs to hold only what differs from these.

    The learning rate goes through one cycle, with Adam and decoupled decay. ``no_faces`` is the
    share of pictures in a batch that are none of a face, in which nothing is to be marked.
    ``dice_weight`` is that of the Dice loss beside the cross-entropy of each cell. ``held_out``
    of the training rows select the epoch.

    With ``rounding`` the network computes in training as int8 will, and is kept with the
    kernels that int8 has.
    """

    epochs: AtLeastOne = 90
    batch_size: AtLeastOne = 32
    peak_rate: Annotated[float, Meta(gt=0)] = 3e-3
    warmup: Share = 0.15
    weight_decay: Annotated[float, Meta(ge=0)] = 0.02
    ema_momentum: Share = 0.99
    dice_weight: Annotated[float, Meta(ge=0)] = 1.0
    no_faces: Share = 0.06
    held_out: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    rounding: bool = False
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 1
    precision: Literal["float32", "mixed_bfloat16"] = "mixed_bfloat16"
    augmentation: FaceAugmentation = FaceAugmentation(
        rotate_deg=30.0, scale=1.3, shift=0.1, contrast=0.4, coarse=0.2, jpeg=0.1
    )


def read_config(path: Path | None, **overrides: object) -> MaskConfig:
    """Read the file at ``path``, as ``training.config`` does; ``overrides`` that are not None win.

    Raises ConfigError that names the file and the setting.
    """
    return read_settings(path, MaskConfig, **overrides)
