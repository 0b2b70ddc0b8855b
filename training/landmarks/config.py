"""Everything that decides how a run of ``landmarks`` goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from training.config import read_settings

# By which rows are held out: never by a run's own seed, so that all are selected by the same.
SPLIT_SEED = 0

Share = Annotated[float, Meta(ge=0, lt=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Probability = Annotated[float, Meta(ge=0, le=1)]


class FaceAugmentation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a picture of a face may be changed; each value is drawn uniformly within it.

    The pictures of the data set lie on a face much alike. A detector's box does not, and a
    webcam's picture is darker, coarser and noisier than film: so these bounds are wide.

    rotate_deg: either way. steady: the share of pictures that is neither turned nor scaled,
    and moved by whole pixels alone, which leaves them as sharp as they were.
    scale: the face is up to so many times as large, or as small. shift: in sides of the picture.
    contrast, brightness: as in training a classifier. gamma: the exponent, or one over it.
    coarse: the probability of a picture with fewer pixels than it has; coarsest: how many times
    fewer, each way. noise: of deviation, in grey levels. jpeg: the probability of JPEG's marks.
    erase: the probability that a rectangle is covered.
    labels_right_px: how far to the right of what they name the labels of a set lie, all alike;
    left of it below 0. The picture is changed and they stay so: a mirrored face whose labels
    lay to the left would contradict the others. ``evaluate`` says by how much the labels lie
    beside the points that were found: after a training with 0 that is this number, for from
    both kinds of labels the network has learned the middle.
    """

    flip: bool = True
    labels_right_px: Annotated[float, Meta(ge=-8, le=8)] = 0.0
    rotate_deg: NotNegative = 45.0
    steady: Probability = 0.25
    scale: Annotated[float, Meta(ge=1, le=3)] = 1.4
    shift: Share = 0.14
    contrast: Share = 0.4
    brightness: NotNegative = 40.0
    gamma: Annotated[float, Meta(ge=1, le=4)] = 1.6
    coarse: Probability = 0.3
    coarsest: Annotated[float, Meta(ge=1, le=8)] = 3.0
    noise: NotNegative = 12.0
    jpeg: Probability = 0.2
    erase: Probability = 0.3


class LandmarksConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one run; a file needs to hold only what differs from these.

    The learning rate goes through one cycle, as a classifier's does, with Adam and decoupled
    decay. ``no_faces`` is the share of pictures in a batch that are none of a face. The loss is
    that of the maps, against a bell of ``spread`` cells round each point, and ``place_weight``
    times the distance in pixels. ``held_out`` of the training rows select the epoch.

    With ``rounding`` the network computes in training as int8 will, and is kept with the
    kernels that int8 has.
    """

    epochs: AtLeastOne = 150
    batch_size: AtLeastOne = 64
    peak_rate: Annotated[float, Meta(gt=0)] = 3e-3
    warmup: Share = 0.1
    weight_decay: NotNegative = 0.02
    ema_momentum: Share = 0.995
    spread: Annotated[float, Meta(gt=0, le=8)] = 0.8
    place_weight: NotNegative = 0.3
    no_faces: Share = 0.2
    held_out: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    rounding: bool = False
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 1
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    augmentation: FaceAugmentation = FaceAugmentation()


def read_config(path: Path | None, **overrides: object) -> LandmarksConfig:
    """Read the file at ``path``, as ``training.config`` does; ``overrides`` that are not None win.

    Raises ConfigError that names the file and the setting.
    """
    return read_settings(path, LandmarksConfig, **overrides)
