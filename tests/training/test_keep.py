"""training/keep.py: which epoch's network is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import TINY
from training.config import TrainingConfig
from training.keep import Keep
from training.keras_file import load_model
from training.labels import LABELS
from training.run_folder import RunFolder
from training.train import compiled


@pytest.mark.parametrize(("keep", "kept"), [("best", 0.25), ("last", 0.75)])
def test_the_best_epoch_is_kept_or_the_last(keep: str, kept: float, tmp_path: Path) -> None:
    """Of two epochs the first is the better one; a weight of the head tells which was kept."""
    config = TrainingConfig(architecture=TINY, keep=keep, precision="float32")
    callback = Keep(RunFolder(tmp_path, config, {}), config, LABELS)
    model = compiled(config, len(LABELS), 0, steps=1)
    callback.set_model(model)
    for accuracy, bias in ((0.6, 0.25), (0.5, 0.75)):
        kernel, _ = model.layers[-1].get_weights()
        model.layers[-1].set_weights([kernel, np.full(len(LABELS), bias)])
        callback.on_test_end({"accuracy": accuracy})
    saved, _ = load_model(tmp_path / "model.keras")
    assert saved.layers[-1].get_weights()[1] == pytest.approx(kept)
