"""Weights that were learned elsewhere, for a network to begin with."""

from __future__ import annotations

from pathlib import Path

import keras

from device.errors import ConfigError
from training.architectures import named, weighted_layers
from training.config import TrainingConfig
from training.keras_file import load_model
from training.run_folder import RunFolder

# Where keras.applications has them from; it keeps them in ~/.keras/models, as this does.
_FROM = "https://storage.googleapis.com/tensorflow/keras-applications/resnet"
_NAME = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
_MD5 = "4d473c1dd8becc155b73f8504c6f6626"
_BACKBONE = "resnet50"


def weights_file(config: TrainingConfig) -> Path | None:
    """Return the file of weights that a run of ``config`` begins with; None: it has none.

    It is the one that ``config`` names, or else ImageNet's, which is downloaded once.

    Raises ConfigError where there is no such file, or no network to have it from.
    """
    if not named(config.architecture).stages:
        return None
    if not config.weights:
        return _download(config.architecture)
    path = Path(config.weights)
    if not path.is_file():
        raise ConfigError(f"weights {path}: no such file: give the path of {_NAME}")
    return path


def _download(architecture: str) -> Path:
    url = f"{_FROM}/{_NAME}"
    try:
        return Path(keras.utils.get_file(_NAME, url, cache_subdir="models", file_hash=_MD5))
    # Keras raises nothing more special where the network fails.
    except Exception as error:
        raise ConfigError(
            f"{architecture} needs ImageNet's weights, and {url} cannot be had "
            f"({str(error).rpartition(': ')[2][:100]}): "
            "give the path of a copy as --weights, or weights in the configuration"
        ) from error


def begin_with(path: Path, model: keras.Model) -> None:
    """Load the weights in ``path``, ResNet50's without its head, into that part of ``model``.

    Raises ConfigError where they are not that.
    """
    try:
        model.get_layer(_BACKBONE).load_weights(path)
    # What a broken or foreign file raises depends on where Keras trips over it.
    except (ValueError, OSError, KeyError, IndexError) as error:
        raise ConfigError(
            f"weights {path}: not ResNet50's without its head ({_first_line(error)}): "
            f"give {_NAME}, or weights that Keras saved of the same network"
        ) from error


def begin_with_model(path: Path, model: keras.Model, classes: tuple[str, ...]) -> None:
    """Give ``model`` the weights of the network in ``path``, a ``.keras`` file of this package.

    Layers are matched by their order. The head is taken over where that network knows the
    same ``classes`` in the same order, and is learned anew otherwise; that of votes comes from
    the ``ferplus.keras`` beside a run's ``model.keras``, where there is one.

    Raises ModelError for a file that is no such network, ConfigError for another architecture.
    """
    source, known = load_model(path)
    heads = ("emotion",) if known == classes else ()
    given, taken = weighted_layers(source, *heads), weighted_layers(model, *heads)
    if [_shapes(layer) for layer in given] != [_shapes(layer) for layer in taken]:
        raise ConfigError(
            f"--start-from {path}: a network of another architecture: "
            "give a model of the same one, or --arch"
        )
    for old, new in zip(given, taken, strict=True):
        new.set_weights(old.get_weights())
    votes = path.with_name(RunFolder.FERPLUS_MODEL)
    if path.name == RunFolder.MODEL and "votes" in model.output_names and votes.is_file():
        learned, _ = load_model(votes)
        # A network with one head calls it "emotion", whatever it answers.
        head = weighted_layers(learned, "emotion")[-1]
        weighted_layers(model, "votes")[-1].set_weights(head.get_weights())


def _shapes(layer: keras.Layer) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:120]
