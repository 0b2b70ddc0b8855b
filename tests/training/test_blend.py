"""training/blend.py and its command: a network between two."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.conftest import Cli
from training.keras_file import load_model, save_model
from training.labels import LABELS


def network(
    path: Path, value: float, *, channels: int = 2, labels: tuple[str, ...] = LABELS
) -> Path:
    """A file with a network all of whose weights are ``value``."""
    image = keras.Input((48, 48, 1))
    maps = keras.layers.BatchNormalization()(keras.layers.Conv2D(channels, 3)(image))
    head = keras.layers.Dense(len(labels), name="emotion")
    model = keras.Model(image, head(keras.layers.GlobalAveragePooling2D()(maps)))
    model.set_weights([np.full_like(weight, value) for weight in model.get_weights()])
    save_model(model, labels, path)
    return path


def test_all_weights_lie_between_those_of_the_two(here: Cli, tmp_path: Path) -> None:
    before, after = network(tmp_path / "a.keras", 1.0), network(tmp_path / "b.keras", 2.0)
    out = tmp_path / "new" / "c.keras"
    done = here("blend", before, after, "--share", "0.25", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"25% of the way from {before} to {after}\nModel: {out}\n"
    model, labels = load_model(out)
    assert labels == LABELS
    # Among them mean and variance of the normalisation.
    assert len(model.weights) == 8
    assert all((weight == 1.25).all() for weight in model.get_weights())


@pytest.mark.parametrize(
    ("other", "options", "says"),
    [
        ({"channels": 3}, [], "differ in their layers: give a network, and what became of it"),
        ({"labels": LABELS[:3]}, [], "b.keras angry, disgust, fear: give a network, and what"),
        ({}, ["--share", "1.5"], "1.5 is not a share: give 0 to 1"),
        ({}, ["--out", "c.h5"], "--out c.h5: give a name that ends with .keras"),
    ],
)
def test_what_cannot_be_blended_is_refused(
    other: dict[str, object], options: list[str], says: str, here: Cli, tmp_path: Path
) -> None:
    before, after = network(tmp_path / "a.keras", 1.0), network(tmp_path / "b.keras", 2.0, **other)
    done = here("blend", before, after, "--out", tmp_path / "c.keras", *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "c.keras").exists()
