"""What a model file, trained or converted, is and does, without loading it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from device.errors import ModelError
from device.model_file import CLASSIFIER

# Where a .keras file, and where a .tflite file says it.
_KERAS, _TFLITE = "kind.txt", "card.json"


def kind_of(path: Path) -> str:
    """Return a kind out of ``device.model_file``.

    What says nothing, or is no such file at all, is taken for a classifier: whoever loads it
    will say what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            if _KERAS in members:
                return archive.read(_KERAS).decode().strip()
            if _TFLITE in members:
                return str(json.loads(archive.read(_TFLITE)).get("kind", CLASSIFIER))
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile):
        return CLASSIFIER
    return CLASSIFIER


def suffix_of(path: Path) -> str:
    """Return ".keras" or ".tflite", as a model file is called.

    Raises ModelError where there is no file, or one of another kind.
    """
    if not path.is_file():
        raise ModelError(f"model not found: {path}: give a .keras or .tflite file")
    suffix = path.suffix.lower()
    if suffix not in (".keras", ".tflite"):
        raise ModelError(f"{path}: of an unknown kind: give a .keras or .tflite file")
    return suffix


def called(path: Path) -> str:
    """Return what people call the model in ``path``.

    Every run calls its model model.keras: the folder's name tells them apart.
    """
    absolute = path.absolute()
    return absolute.parent.name if absolute.name == "model.keras" else absolute.stem
