"""What a model file, trained or converted, does, without loading it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

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
