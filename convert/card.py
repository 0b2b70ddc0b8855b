"""The card that travels inside a model file, and says where the model comes from."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from convert.framing import Measured
from convert.network import import_tensorflow
from convert.verify import Comparison, Unseen
from device.errors import ConfigError
from device.preprocess import Framing
from training.data import SIDE, Dataset, fingerprint

LICENCE = (
    "MIT; trained on FER2013 (Goodfellow et al. 2013), "
    "whose pictures are not part of this file and have terms of their own"
)
LIMITS = (
    "Reads expressions, not feelings. Not for decisions about people; "
    "in the EU, not for reading emotions at work or in schools (AI Act, article 5)."
)
_RUN_FILES = ("run.json", "config.json")


def check_name(name: str) -> None:
    """Raise ConfigError where ``name`` is none for a model."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ConfigError(f"--name {name!r}: use letters, digits, '.', '_' and '-'")


def provenance(model: Path, data: Path, dataset: Dataset, command: str) -> dict[str, object]:
    """Return what a card says of a model's origin: training, data and conversion.

    Raises ConfigError where a file of the run folder cannot be read, DataError
    where the data set cannot.
    """
    return origin(model, dataset.classes, command) | {
        "data": learned_from(data, len(dataset.train), len(dataset.validation)),
    }


def learned_from(data: Path, training: int, validation: int) -> dict[str, object]:
    """Return what a card says of the data: so many images to learn from, and to select by.

    Raises DataError where it cannot be read.
    """
    return fingerprint(data) | {"training_images": training, "validation_images": validation}


def origin(
    model: Path,
    classes: tuple[str, ...],
    command: str,
    *,
    licence: str = LICENCE,
    limits: str = LIMITS,
) -> dict[str, object]:
    """Return what a card says of a model whatever data it was converted with.

    Raises ConfigError where a file of the run folder cannot be read.
    """
    return {
        "labels": list(classes),
        "licence": licence,
        "limits": limits,
        "source": {"file": model.name, "sha256": _sha256(model)},
        "training": training_identity(model.parent),
        "conversion": {"command": command, "versions": _versions()},
    }


def entrance(name: str, framing: Framing, input_shape: tuple[int, int, int]) -> dict[str, object]:
    """Return what a card says of any network's name and input: height, width and channels."""
    height, width, channels = input_shape
    return {
        "name": name,
        "input": {"height_px": height, "width_px": width, "channels": channels},
        "framing": {
            "scale": framing.scale,
            "shift_x": framing.shift_x,
            "shift_y": framing.shift_y,
        },
    }


def serving(name: str, framing: Framing, temperature: float) -> dict[str, object]:
    """Return the part of a classifier's card that the device needs (``device.model.Card``)."""
    return entrance(name, framing, (SIDE, SIDE, 1)) | {"temperature": round(temperature, 4)}


def framing_note(measured: Measured) -> dict[str, object]:
    """Return how the framing was measured."""
    quartiles = measured.quartiles
    return {
        "how": "median over training images in which the device's Haar cascade found a face; "
        "sides of the image in sides of its box",
        "found": measured.found,
        "images": measured.images,
        "quartiles": {
            "scale": quartiles.scale,
            "shift_x": quartiles.shift_x,
            "shift_y": quartiles.shift_y,
        },
    }


def figures(
    split: str,
    comparison: Comparison,
    unseen: Unseen,
    ece_before: float,
    ece_after: float,
    runtime: str,
) -> dict[str, object]:
    """Return the figures of the validation split, which is called ``split``; shares are 0-1.

    The calibration error after is that of the images on which the temperature
    was fitted; with one parameter and thousands of images that flatters little.
    """
    return {
        "split": split,
        "images": comparison.images,
        "keras_accuracy": round(comparison.keras_accuracy, 4),
        "int8_accuracy": round(comparison.int8_accuracy, 4),
        "images_not_in_training": unseen.images,
        "int8_accuracy_not_in_training": round(unseen.accuracy, 4) if unseen.images else None,
        "agreement": round(comparison.agreement, 4),
        "ece_before_temperature": round(ece_before, 4),
        "ece_after_temperature": round(ece_after, 4),
        "int8_runtime": runtime,
        "note": "the same images served to select the epoch and to fit the temperature",
    }


def training_identity(folder: Path) -> dict[str, object] | None:
    """Return ``run.json`` and ``config.json`` of a run folder, or None where there are none.

    Absolute paths in them are cut down to names: they say nothing elsewhere.

    Raises ConfigError where one of them is broken.
    """
    identity: dict[str, object] = {}
    for name in _RUN_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            identity[path.stem] = _without_folders(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ConfigError(f"run folder: {path} cannot be read: {error}") from error
    return identity or None


def _without_folders(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_folders(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_folders(inner) for inner in value]
    if isinstance(value, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if kind(value).is_absolute():
                return kind(value).name
    return value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    tensorflow = import_tensorflow()
    return {"tensorflow": str(tensorflow.__version__), "keras": str(tensorflow.keras.__version__)}
