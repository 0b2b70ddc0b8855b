"""The conversion of a network that marks a face's pixels."""

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
from device.errors import ConfigError, ModelError
from device.model_file import MASK, write_model
from training.keras_file import Network
from training.keypoints import Keypoints
from training.landmarks.config import SPLIT_SEED
from training.landmarks.split import split
from training.mask.config import MaskConfig
from training.mask.figures import Overlaps, ask, measure
from training.mask.marker import load_marker
from training.mask.outlines import read_outlines
from training.run_folder import read_run_config

# So much of the overlap, 0-1, may be lost.
MOST_LOST = 0.005

LICENCE = (
    "MIT; trained on frames of YouTube Faces (Wolf et al. 2011), "
    "which are not part of this file and have terms of their own"
)
LIMITS = (
    "Marks a face from jaw to brows. It tells nobody from anybody; what it fails to mark is "
    "no proof that nobody is there."
)


@dataclass(frozen=True)
class Comparison:
    """What both networks make of the same pictures, which are of ``split``."""

    split: str
    keras: Overlaps
    int8: Overlaps

    @property
    def lost(self) -> float:
        """How much smaller the converted model's overlap is; below 0 where it is larger."""
        return self.keras.iou - self.int8.iou


def make(request: Request, trained: Network, made: Path) -> None:
    """Write the verified model file ``made``.

    Raises ConfigError where the outlines are missing, DataError for data that cannot be used,
    ModelError where the result is not good enough.
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
        test = read_outlines(request.test, _given(request.test_outlines, "--test-outlines"))
        compared.append(_compare(request, trained, made, test, "test"))
    for comparison in compared:
        summary.tell_overlaps(comparison.split, comparison.keras, comparison.int8)
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
    """Raise ModelError where the converted model marks faces worse than it may."""
    if comparison.lost > MOST_LOST:
        raise ModelError(
            f"not as good as the original on {comparison.int8.faces} faces: the overlap is "
            f"{comparison.int8.iou:.2%} in int8 and {comparison.keras.iou:.2%} in Keras "
            f"(at most {100 * MOST_LOST:g} points may be lost)"
        )


def _split(request: Request) -> tuple[Keypoints, Keypoints]:
    """Return the rows that were learned and those that selected the epoch, as in training."""
    config = request.model.parent / "config.json"
    held_out = MaskConfig().held_out
    if config.is_file():
        held_out = read_run_config(config, MaskConfig).held_out
    faces = read_outlines(request.data, _given(request.outlines, "--outlines"))
    return split(faces, held_out, SPLIT_SEED)


def _given(path: Path | None, option: str) -> Path:
    """Return ``path``; raises ConfigError where it was not given."""
    if path is None:
        raise ConfigError(f"a mask is measured by outlines: give {option} FILE")
    return path


def _compare(
    request: Request, trained: Network, made: Path, faces: Keypoints, name: str
) -> Comparison:
    """Return how far both masks are right."""
    keras = ask(trained.model, faces.pictures)
    with quiet(chatter=request.chatter):
        int8 = load_marker(made).mark(faces.pictures)
    return Comparison(name, measure(keras, faces), measure(int8, faces))


def _serving(name: str, measured: Measured, trained: Network) -> dict[str, object]:
    """Return the part of the card that the device needs (``device.model_file.MaskCard``)."""
    _, height, width, channels = trained.model.input_shape
    framing = measured.framing
    return {
        "name": name,
        "kind": MASK,
        "input": {"height_px": height, "width_px": width, "channels": channels},
        "framing": {
            "scale": framing.scale, "shift_x": framing.shift_x, "shift_y": framing.shift_y,
        },
    }  # fmt: skip


def _figures(comparison: Comparison) -> dict[str, Any]:
    """Return the figures, shares of 0-1."""
    keras, int8 = comparison.keras, comparison.int8
    return {
        "split": comparison.split,
        "images": int8.faces,
        "keras_iou": round(keras.iou, 5),
        "int8_iou": round(int8.iou, 5),
        "int8_iou_at_5_of_100": round(int8.worst, 5),
        "int8_missed": round(int8.missed, 5),
        "int8_beyond": round(int8.beyond, 5),
    }
