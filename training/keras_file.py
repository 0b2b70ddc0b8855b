"""A ``.keras`` file that says what its outputs mean.

Keras's own file has no place for the names of classes. It is a zip archive, and
its reader looks only for its own members: ``labels.txt`` is one more, with one
name a line in the order of the outputs, as in a TFLite file, and ``kind.txt`` another, where
the network is no classifier.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import keras

from device.errors import ModelError
from device.model_file import CLASSIFIER
from training.labels import LABELS, SIDE
from training.quiet import quiet_stderr

_LABELS = "labels.txt"
_KIND = "kind.txt"


class Network(NamedTuple):
    """A network, of a kind out of ``device.model_file``, and what its outputs are called."""

    model: keras.Model
    labels: tuple[str, ...]
    kind: str


def save_model(
    model: keras.Model, classes: tuple[str, ...], path: Path, kind: str = CLASSIFIER
) -> None:
    """Write ``model``, whose outputs are ``classes``, to ``path``, whole or not at all."""
    partial = path.with_name(f"partial-{path.name}")
    with quiet_stderr():  # as in load_model
        model.save(partial)
    with zipfile.ZipFile(partial, "a") as archive:
        archive.writestr(_LABELS, "".join(f"{name}\n" for name in classes))
        if kind != CLASSIFIER:
            archive.writestr(_KIND, f"{kind}\n")
    os.replace(partial, path)


def load_model(path: Path) -> tuple[keras.Model, tuple[str, ...]]:
    """Return the classifier in ``path`` and the names of its outputs.

    The network maps (n, 48, 48, 1) grey levels 0-255 to logits (n, classes). A
    file without names that has seven outputs is taken to have FER2013's.

    Raises ModelError, naming the file, where it is no such model.
    """
    model, classes, kind = load_network(path)
    if kind != CLASSIFIER:
        raise ModelError(f"{path}: finds a face's {kind}, and reads no face: give a classifier")
    return model, classes


def load_network(path: Path) -> Network:
    """Return the network of any kind that is in ``path``.

    Raises ModelError, naming the file, where there is none, or none of Mien's.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "not found"
        raise ModelError(f"model {path}: {what}: give the .keras file of a training run")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            named, marked = _LABELS in members, _KIND in members
            classes = tuple(archive.read(_LABELS).decode().split()) if named else LABELS
            kind = archive.read(_KIND).decode().strip() if marked else CLASSIFIER
        with quiet_stderr():  # on any backend this may import TensorFlow, which talks
            model = keras.saving.load_model(path, compile=False)
    # What a broken or foreign archive raises depends on where Keras trips over it.
    except (ValueError, TypeError, KeyError, OSError, RuntimeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not a model that Keras can load: {_reason(error)}") from error
    if kind == CLASSIFIER:
        _check_shapes(path, model, classes)
    return Network(model, classes, kind)


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
