"""A ``.keras`` file that says what its outputs mean.

Keras's own file has no place for the names of classes. It is a zip archive, and
its reader looks only for its own members: ``labels.txt`` is one more, with one
name a line in the order of the outputs, as in a TFLite file.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import keras

from device.errors import ModelError
from training.labels import LABELS, SIDE
from training.quiet import quiet_stderr

_LABELS = "labels.txt"


def save_model(model: keras.Model, classes: tuple[str, ...], path: Path) -> None:
    """Write ``model``, whose outputs are ``classes``, to ``path``, whole or not at all."""
    partial = path.with_name(f"partial-{path.name}")
    with quiet_stderr():  # as in load_model
        model.save(partial)
    with zipfile.ZipFile(partial, "a") as archive:
        archive.writestr(_LABELS, "".join(f"{name}\n" for name in classes))
    os.replace(partial, path)


def load_model(path: Path) -> tuple[keras.Model, tuple[str, ...]]:
    """Return the network in ``path`` and the names of its outputs.

    The network maps (n, 48, 48, 1) grey levels 0-255 to logits (n, classes). A
    file without names that has seven outputs is taken to have FER2013's.

    Raises ModelError, naming the file, where it is no such model.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "not found"
        raise ModelError(f"model {path}: {what}: give the .keras file of a training run")
    try:
        with zipfile.ZipFile(path) as archive:
            named = _LABELS in archive.namelist()
            classes = tuple(archive.read(_LABELS).decode().split()) if named else LABELS
        with quiet_stderr():  # on any backend this may import TensorFlow, which talks
            model = keras.saving.load_model(path, compile=False)
    # What a broken or foreign archive raises depends on where Keras trips over it.
    except (ValueError, TypeError, KeyError, OSError, RuntimeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not a model that Keras can load: {_reason(error)}") from error
    _check_shapes(path, model, classes)
    return model, classes


def _reason(error: Exception) -> str:
    """Return the sentence that matters out of Keras's message of many lines."""
    text = str(error).strip() or type(error).__name__
    # An error in a layer is wrapped in that of the whole model.
    innermost = text.rpartition("Exception encountered: ")[2]
    return innermost.splitlines()[0].partition(". ")[0][:200]


def _check_shapes(path: Path, model: keras.Model, classes: tuple[str, ...]) -> None:
    shapes = (getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    if shapes != ((None, SIDE, SIDE, 1), (None, len(classes))):
        raise ModelError(
            f"{path}: input {shapes[0]} and output {shapes[1]}, but Mien's networks map "
            f"(None, {SIDE}, {SIDE}, 1) to (None, {len(classes)}): {', '.join(classes)}"
        )
