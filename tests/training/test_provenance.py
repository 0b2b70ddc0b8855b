"""training/provenance.py: what a model was learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.model_file import read_card
from training.provenance import learned_from
from training.shipped import INT8_MODEL, KERAS_MODEL


@pytest.mark.parametrize("model", [KERAS_MODEL, INT8_MODEL])
def test_a_shipped_model_names_its_data(model: Path) -> None:
    assert read_card(INT8_MODEL)["data"]["sha256"] in learned_from(model)


@pytest.mark.parametrize("said", [None, "", "[]", '{"data": {"data": "fer2013.csv"}}'])
def test_nothing_is_known_of_a_model_without_a_whole_record(
    tmp_path: Path, said: str | None
) -> None:
    model = tmp_path / "model.keras"
    model.write_bytes(b"")
    if said is not None:
        (tmp_path / "run.json").write_text(said)
    assert learned_from(model) == frozenset()
