"""The conversion of a network that finds points on a face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert import card, summary
from convert.framing import Measured, measure_framing
from convert.quantise import quantised
from convert.quiet import quiet
from convert.request import Request
from device.errors import ModelError
from device.model_file import LANDMARKS, write_model
from training.data import DataError
from training.keras_file import Network
from training.keypoints import Keypoints
from training.landmarks.config import SPLIT_SEED, LandmarksConfig
from training.landmarks.data import read_faces
from training.landmarks.figures import Errors, measure
from training.landmarks.finder import load_finder
from training.landmarks.points import find
from training.landmarks.split import split
from training.run_folder import read_run_config

# The converted model's error may be so much larger, as a share of it.
MOST_MORE = 0.03

LICENCE = (
    "MIT; trained on frames of YouTube Faces (Wolf et al. 2011), "
    "which are not part of this file and have terms of their own"
)
LIMITS = (
    "Says where points of a face lie. It tells nobody from anybody: not for recognising people."
)


@dataclass(frozen=True)
class Comparison:
    """What both networks make of the same pictures, which are of ``split``."""

    split: str
    keras: Errors
    int8: Errors

    @property
    def more(self) -> float:
        """How much larger the converted model's error is, as a share of the original's."""
        return self.int8.nme / self.keras.nme - 1


def make(request: Request, trained: Network, made: Path) -> None:
    """Write the verified model file ``made``.

    Raises DataError for data that cannot be used, ModelError where the result is not good enough.
    """
    learned, selecting = _split(request)
    summary.tell_faces(request.data, len(learned), len(selecting))
    measured = measure_framing(learned.pictures)
    summary.tell_framing(measured)
    chosen = np.random.default_rng(request.seed).permutation(len(learned))
    calibration = learned.pictures[chosen[: request.calibration_images]]
    tflite, network_note = quantised(trained.model, calibration, chatter=request.chatter)
    serving = _serving(request.name, measured, trained)
    write_model(made, tflite, list(trained.labels), serving)
    compared = [_compare(request, trained, made, selecting, "held out")]
    if request.test is not None:
        compared.append(_compare(request, trained, made, read_faces(request.test), "test"))
    for comparison in compared:
        summary.tell_errors(comparison.split, comparison.keras, comparison.int8)
    check(compared[0])
    write_model(
        made,
        tflite,
        list(trained.labels),
        serving
        | {"figures": _figures(compared[-1]), "compared": [_figures(one) for one in compared]}
        | {"network": network_note, "framing_measured": card.framing_note(measured)}
        | card.origin(
            request.model, trained.labels, request.command, licence=LICENCE, limits=LIMITS
        )
        | {"data": card.learned_from(request.data, len(learned), len(selecting))},
    )


def check(comparison: Comparison) -> None:
    """Raise ModelError where the converted model is further off than it may be."""
    if comparison.more > MOST_MORE:
        raise ModelError(
            f"not as good as the original on {comparison.int8.faces} faces: int8 is off by "
            f"{comparison.int8.nme:.2%} of the eyes' distance, the Keras model by "
            f"{comparison.keras.nme:.2%} (at most {MOST_MORE:.0%} more is allowed)"
        )


def _split(request: Request) -> tuple[Keypoints, Keypoints]:
    """Return the rows that were learned and those that selected the epoch, as in training."""
    config = request.model.parent / "config.json"
    held_out = LandmarksConfig().held_out
    if config.is_file():
        held_out = read_run_config(config, LandmarksConfig).held_out
    return split(read_faces(request.data), held_out, SPLIT_SEED)


def _compare(
    request: Request, trained: Network, made: Path, faces: Keypoints, name: str
) -> Comparison:
    """Return how far off both are; raises DataError where the points are others."""
    if faces.names != trained.labels:
        raise DataError(
            f"the points are {', '.join(faces.names[:3])}…, but the model finds "
            f"{', '.join(trained.labels[:3])}…"
        )
    float_points, _ = find(trained.model, faces.pictures)
    with quiet(chatter=request.chatter):
        int8_points, _ = load_finder(made).find(faces.pictures)
    both = (measure(points, faces.points, faces.names) for points in (float_points, int8_points))
    return Comparison(name, *both)


def _serving(name: str, measured: Measured, trained: Network) -> dict[str, object]:
    """Return the part of the card that the device needs (``device.model_file.LandmarksCard``)."""
    _, height, width, channels = trained.model.input_shape
    framing = measured.framing
    return {
        "name": name,
        "kind": LANDMARKS,
        "input": {"height_px": height, "width_px": width, "channels": channels},
        "framing": {
            "scale": framing.scale, "shift_x": framing.shift_x, "shift_y": framing.shift_y,
        },
    }  # fmt: skip


def _figures(comparison: Comparison) -> dict[str, Any]:
    """Return the figures: shares of the distance of the eyes' centres, or pixels of 96."""
    keras, int8 = comparison.keras, comparison.int8
    return {
        "split": comparison.split,
        "images": int8.faces,
        "keras_nme": round(keras.nme, 5),
        "int8_nme": round(int8.nme, 5),
        "keras_rmse_px": round(keras.rmse_px, 4),
        "int8_rmse_px": round(int8.rmse_px, 4),
        "int8_nme_by_point": int8.by_name,
    }
