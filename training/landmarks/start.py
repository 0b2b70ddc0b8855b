"""Networks of landmarks that were trained before: loaded, and begun with."""

from __future__ import annotations

from pathlib import Path

import keras

from device.errors import ConfigError, ModelError
from device.model_file import LANDMARKS
from training.keras_file import load_network
from training.landmarks.network import SIDE


def load_landmarks(path: Path) -> tuple[keras.Model, tuple[str, ...]]:
    """Return the network in the ``.keras`` file ``path`` and the names of its points.

    Raises ModelError, naming the file, where it is no such network.
    """
    model, names, kind = load_network(path)
    if kind != LANDMARKS:
        raise ModelError(f"{path}: a network of {kind}: give one of {LANDMARKS}")
    shape: tuple[int | None, ...] = getattr(model, "output_shape", ())
    if model.input_shape != (None, SIDE, SIDE, 1) or len(shape) != 4 or shape[-1] != len(names):
        raise ModelError(
            f"{path}: input {model.input_shape} and output {shape}, but points come from "
            f"(None, {SIDE}, {SIDE}, 1) as maps (None, rows, columns, {len(names)})"
        )
    return model, names


def begin_with(path: Path, model: keras.Model, names: tuple[str, ...]) -> None:
    """Give ``model`` the weights of the network in ``path``.

    Raises ModelError for a file that is no such network, ConfigError for one of other points
    or another shape.
    """
    source, known = load_landmarks(path)
    if known != names:
        raise ConfigError(f"--start-from {path}: finds other points than the data has")
    try:
        model.set_weights(source.get_weights())
    except ValueError as error:
        raise ConfigError(f"--start-from {path}: a network of another shape") from error
