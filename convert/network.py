"""The trained Keras model: loaded, checked, and asked."""

from __future__ import annotations

import importlib
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convert.arrays import Images, Logits
from convert.quiet import quiet
from device.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from training.keras_file import Network

_BATCH = 256


def check_file(path: Path) -> None:
    """Raise ModelError, naming the file, unless ``path`` looks like a ``.keras`` file.

    Fast, and without TensorFlow: a mistyped name is told at once.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "not found"
        raise ModelError(f"model {path}: {what}: give the .keras file of a training run")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except OSError as error:
        raise ModelError(f"cannot read the model {path}: {error.strerror}") from error
    except zipfile.BadZipFile:
        names = []
    if "config.json" not in names:
        raise ModelError(
            f"model {path}: not a .keras file, or cut short ({path.stat().st_size} bytes): "
            "give the .keras file of a training run"
        )


def import_tensorflow(*, chatter: bool = False) -> Any:
    """Import TensorFlow, and Keras on top of it, without their chatter.

    Raises ConfigError where TensorFlow is not installed, or Keras already runs
    on another backend, which cannot convert.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if not chatter:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with quiet(chatter=chatter):
            tensorflow = importlib.import_module("tensorflow")
            keras = importlib.import_module("keras")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"conversion needs TensorFlow, but {error.name} is not installed: "
            "pip install tensorflow-cpu"
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"Keras runs on {keras.backend.backend()!r}: conversion needs KERAS_BACKEND=tensorflow"
        )
    return tensorflow


def load(path: Path, *, chatter: bool = False) -> tuple[Any, tuple[str, ...]]:
    """Return the classifier in ``path``, a ``keras.Model``, and the names of its outputs.

    Raises ModelError, naming the file, where it is no network of Mien's that reads faces.
    """
    _prepare(path, chatter=chatter)
    from training.keras_file import load_model

    with quiet(chatter=chatter):
        return load_model(path)


def load_any(path: Path, *, chatter: bool = False) -> Network:
    """Return the network of any kind in ``path``; raises ModelError where there is none."""
    _prepare(path, chatter=chatter)
    from training.keras_file import load_network

    with quiet(chatter=chatter):
        return load_network(path)


def _prepare(path: Path, *, chatter: bool) -> None:
    check_file(path)
    import_tensorflow(chatter=chatter)


def keras_logits(model: Any, images: Images) -> Logits:
    """Return float32 (n, labels): what the Keras model says of uint8 (n, side, side)."""
    batch = images[..., np.newaxis].astype(np.float32)
    return np.asarray(model.predict(batch, batch_size=_BATCH, verbose=0), dtype=np.float32)
