"""One version for TensorFlow Serving, and what its tests compare with."""

from __future__ import annotations

import numpy as np
import pytest

from device.model import softmax
from tests.convert.conftest import run_convert


@pytest.fixture(scope="session")
def served(trained, tmp_path_factory):
    """An export that went well: what it said, and the folder of versions that it made."""
    out = tmp_path_factory.mktemp("serving") / "marks"
    done = run_convert(trained, "--to", "saved-model", "--out", out, "--temperature", "1.5")
    assert done.returncode == 0, done.stderr
    return done, out


@pytest.fixture(scope="session")
def wanted(keras, trained):
    """Return what the Keras model says of uint8 (n, 48, 48): float64 (n, 7), temperature 1.5."""
    model = keras.saving.load_model(trained)

    def ask(images: np.ndarray) -> np.ndarray:
        logits = model.predict(images[..., None].astype(np.float32), verbose=0)
        return softmax(logits, 1.5)

    return ask
