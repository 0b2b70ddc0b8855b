"""The whole way from a ``.keras`` file to a verified version for TensorFlow Serving."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convert import card, network, summary
from convert.arrays import Images
from convert.request import command_line
from convert.serving import signatures, verify, versions
from device.drawn_faces import draw_faces
from device.errors import ConfigError
from training.calibration import fit_temperature
from training.ctrl_c import raise_if_asked
from training.data import SIDE, DataError, LabelKind, Reading, Split, load

# Beside the drawn faces and the validation images: what no network has seen.
_NOISE_IMAGES = 64
# Where the server keeps what it does not read.
_CARD = "assets.extra/card.json"


@dataclass(frozen=True)
class Request:
    """What to make a SavedModel of, and how.

    out: the folder of versions; the new one is a folder in it.
    temperature: what logits are divided by, above 0; None: fitted on the validation split of
        ``data``, as for the device, or 1 where there is none.
    data, votes, labels, reading: what the model was trained on; it is verified on that too.
    chatter: let TensorFlow talk.
    """

    model: Path
    out: Path
    name: str
    temperature: float | None = None
    data: Path | None = None
    votes: Path | None = None
    labels: LabelKind = "fer2013"
    reading: Reading = field(default_factory=Reading)
    chatter: bool = False

    @property
    def command(self) -> str:
        """The command line, with names in place of paths: it is read on other machines."""
        options = {
            "--to": "saved-model",
            "--out": self.out,
            "--name": self.name,
            "--data": self.data,
            "--votes": self.votes,
            "--labels": None if self.votes is None else self.labels,
            "--temperature": self.temperature,
        }
        return command_line(self.model, options, self.reading)


def export(request: Request) -> None:
    """Write a new version, once it is verified, and print what was found on the way.

    Where anything fails the versions that stood there are left as they were.

    Raises ConfigError and DataError for what was given and cannot be used, ModelError where
    the SavedModel does not answer as the Keras model does, SinkError where it cannot be written.
    """
    _check(request)
    with versions.workplace(request.out) as partial:
        _make(request, partial)
        raise_if_asked()
        placed = versions.place(partial, request.out)
    summary.tell_version(placed)


def _make(request: Request, folder: Path) -> None:
    """Write the verified SavedModel ``folder``."""
    model, classes = network.load(request.model, chatter=request.chatter)
    summary.tell_source(request.model, model)
    split = _validation(request, classes)
    temperature = _temperature(request, model, split)
    signatures.write(model, classes, temperature, folder, chatter=request.chatter)
    images = _drawn() if split is None else np.concatenate([_drawn(), split.images])
    agreement = verify.compare(folder, model, classes, temperature, images, chatter=request.chatter)
    summary.tell_agreement(agreement)
    verify.check(agreement)
    content = card.origin(request.model, classes, request.command) | {
        "name": request.name,
        "temperature": temperature,
        "verified": {
            "pictures": agreement.pictures,
            "largest_difference": agreement.difference,
            "jpeg_grey_levels": agreement.levels,
        },
    }
    path = folder / _CARD
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _check(request: Request) -> None:
    """Raise ConfigError for what can be told at once, before TensorFlow is imported."""
    card.check_name(request.name)
    temperature = request.temperature
    if temperature is not None and not (math.isfinite(temperature) and temperature > 0):
        raise ConfigError(f"--temperature {temperature}: give a number above 0, such as 1")
    network.check_file(request.model)
    if request.data is not None and not request.data.exists():
        raise DataError(f"--data {request.data}: not found: give a FER2013 CSV or a folder")
    versions.check(request.out)


def _validation(request: Request, classes: tuple[str, ...]) -> Split | None:
    """Return the validation split of the classes that the network has learned, if there is data.

    Raises DataError where the data cannot be read, or lacks a class or that split.
    """
    if request.data is None:
        return None
    dataset = load(request.data, request.votes, labels=request.labels, reading=request.reading)
    summary.tell_data(request.data, dataset)
    return (dataset if classes == dataset.classes else dataset.only(classes)).split("validation")


def _temperature(request: Request, model: Any, split: Split | None) -> float:
    """Return what logits are divided by, and say where it comes from."""
    if request.temperature is not None:
        temperature, source = request.temperature, "as given"
    elif split is not None:
        logits = network.keras_logits(model, split.images)
        temperature = round(fit_temperature(logits, split.labels), 4)
        source = f"fitted on {len(split):,} validation images"
    else:
        temperature, source = 1.0, "--data has one fitted, --temperature gives one"
    summary.tell_serving_temperature(temperature, source)
    return temperature


def _drawn() -> Images:
    """Return uint8 (n, 48, 48): drawn faces, noise, and all black and all white."""
    noise = np.random.default_rng(0).integers(0, 256, (_NOISE_IMAGES, SIDE, SIDE), np.uint8)
    flat = np.stack([np.full((SIDE, SIDE), level, np.uint8) for level in (0, 255)])
    return np.concatenate([draw_faces(SIDE), noise, flat])
