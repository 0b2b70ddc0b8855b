"""training/search/proxy.py: what is measured after a rung."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.search.conftest import BASELINE
from training.data import load
from training.interrupt import Interrupt
from training.search import proxy
from training.search.settings import Rung, SearchConfig
from training.search.space import Candidate, genes_of


def test_the_weights_of_the_last_step_are_measured_and_no_average(
    fer2013_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An average over a rung's few steps is mostly of what came before it."""
    rungs = (Rung(1, share=0.5, side=16), Rung(2, side=16))
    settings = SearchConfig(rungs=rungs, batch_size=16, precision="float32")
    stepped = []

    def keep(callback: object, batch: int, logs: dict[str, float] | None = None) -> None:
        stepped[:] = callback.model.get_weights()

    monkeypatch.setattr(proxy._OneCycle, "on_train_batch_end", keep)
    there = proxy.Proxy(load(fer2013_csv), settings)
    candidate = Candidate.of(genes_of(BASELINE))
    with Interrupt() as interrupt:
        for _ in there.climb(candidate, 1, {}, interrupt):
            for now, then in zip(there.model.get_weights(), stepped, strict=True):
                np.testing.assert_array_equal(now, then)
