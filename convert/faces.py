"""The conversion of a network that learned from faces with points, whatever it makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from convert import card, summary
from convert.framing import Measured, measure_framing
from convert.quantise import quantised
from convert.request import Request
from device.model_file import write_model
from training.keras_file import Network
from training.keypoints import Keypoints
from training.landmarks.config import SPLIT_SEED, LandmarksConfig
from training.landmarks.split import split
from training.mask.config import MaskConfig
from training.run_folder import read_run_config

LICENCE = (
    "MIT; trained on frames of YouTube Faces (Wolf et al. 2011), "
    "which are not part of this file and have terms of their own"
)
# What the rows are called that selected the epoch, and those of which nobody knows it.
HELD_OUT, PERHAPS_LEARNED = "held out", "perhaps learned"


class Comparison(Protocol):
    """What the network and its conversion make of the same pictures."""

    def tell(self) -> None:
        """Say it to people."""

    def check(self) -> None:
        """Raise ModelError where the conversion is not as good as it must be."""

    def figures(self) -> dict[str, Any]:
        """Return what a card says of it."""


@dataclass(frozen=True)
class Faces:
    """The faces that a conversion needs.

    learned: to calibrate on. selecting: which selected the epoch.
    test: which nothing was chosen by; None where there are none.
    known: whether the run says how many were held out; else the usual share is.
    """

    learned: Keypoints
    selecting: Keypoints
    test: Keypoints | None
    known: bool

    @classmethod
    def of(
        cls,
        request: Request,
        settings: type[LandmarksConfig | MaskConfig],
        faces: Keypoints,
        test: Keypoints | None,
    ) -> Faces:
        """Return ``faces`` split as in the training whose ``settings`` lie beside the model."""
        config = request.model.parent / "config.json"
        known = config.is_file()
        run = read_run_config(config, settings) if known else settings()
        return cls(*split(faces, run.held_out, SPLIT_SEED), test, known)


def make(
    request: Request,
    trained: Network,
    made: Path,
    faces: Faces,
    compare: Callable[[Keypoints, str], Comparison],
    limits: str,
) -> None:
    """Write the verified model file ``made``.

    compare: asks ``trained`` and ``made`` about faces that are called so. limits: what the
        card says that the network is not for.

    Raises DataError for data that cannot be used, ModelError where the result is not good enough.
    """
    learned, selecting = faces.learned, faces.selecting
    summary.tell_faces(request, len(learned), len(selecting), known=faces.known)
    measured = measure_framing(learned.pictures)
    summary.tell_framing(measured)
    chosen = np.random.default_rng(request.seed).permutation(len(learned))
    calibration = learned.pictures[chosen[: request.calibration_images]]
    tflite, network_note = quantised(trained.model, calibration, chatter=request.chatter)
    serving = _serving(request.name, measured, trained)
    write_model(made, tflite, list(trained.labels), serving)
    compared = [compare(selecting, HELD_OUT if faces.known else PERHAPS_LEARNED)]
    if faces.test is not None:
        compared.append(compare(faces.test, "test"))
    for comparison in compared:
        comparison.tell()
    compared[0].check()
    figures = [comparison.figures() for comparison in compared]
    write_model(
        made,
        tflite,
        list(trained.labels),
        serving
        | {"figures": figures[-1], "compared": figures}
        | {"network": network_note, "framing_measured": card.framing_note(measured)}
        | card.origin(
            request.model, trained.labels, request.command, licence=LICENCE, limits=limits
        )
        | {"data": card.learned_from(request.data, len(learned), len(selecting))},
    )


def _serving(name: str, measured: Measured, trained: Network) -> dict[str, object]:
    """Return the part of the card that the device needs (``device.model_file``)."""
    return card.entrance(name, measured.framing, trained.model.input_shape[1:]) | {
        "kind": trained.kind
    }
