"""training/search/relatives.py: weights that were learned by another network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.architectures import build
from training.architectures.plan import Plan
from training.search.relatives import WeightsFolder, give, nearest, shared

PARENT = "searched-k3c8-r3c8n1-p3c16n1-i3c32n1x2"
# Another second stage, so another input of the third.
CHILD = "searched-k3c8-r3c8n1-p3c24n1-i3c32n1x2"


def filled(name: str, value: float) -> object:
    model = build(name, 7)
    for layer in model.layers:
        layer.set_weights([np.full_like(w, value) for w in layer.get_weights()])
    return model


def test_layers_of_the_same_shape_take_weights_over_and_others_do_not(tmp_path: Path) -> None:
    folder = WeightsFolder(tmp_path)
    folder.save(3, filled(PARENT, 0.5))
    child = filled(CHILD, 0.25)
    give(child, folder.load(3))
    taken = {layer.name for layer in child.layers
             if layer.weights and all((w == 0.5).all() for w in layer.get_weights())}  # fmt: skip
    kept = {layer.name for layer in child.layers
            if layer.weights and all((w == 0.25).all() for w in layer.get_weights())}  # fmt: skip
    assert taken == {
        "stem", "stem_norm", "s1b1_a", "s1b1_a_norm", "s1b1_b", "s1b1_b_norm", "emotion",
    }  # fmt: skip
    # The last normalisation would fit, but stands behind another convolution.
    assert {"s2b1_a", "s2b1_a_norm", "s3b1_c", "s3b1_c_norm"} <= kept


def test_the_nearest_is_who_shares_most_weights() -> None:
    plan = Plan.parse(CHILD)
    others = [
        (1, Plan.parse("searched-k5c8-p5c8n1-p5c16n1-p5c32n1"), 0.9),
        (2, Plan.parse(PARENT), 0.1),
        (3, plan, 0.2),
        (4, plan, 0.3),
    ]
    assert nearest(plan, others[:1]) is None
    assert nearest(plan, []) is None
    number, share = nearest(plan, others[:2])
    assert (number, share) == (2, shared(plan, Plan.parse(PARENT)))
    assert 0 < share < 0.5
    assert nearest(plan, others) == (4, 1.0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short"])
def test_a_file_that_was_cut_short_gives_nothing(tmp_path: Path, content: bytes) -> None:
    folder = WeightsFolder(tmp_path)
    (tmp_path / "trial-00003.npz").write_bytes(content)
    assert folder.has(3)
    assert folder.load(3) == {}


def test_weights_that_are_no_numbers_are_not_taken(tmp_path: Path) -> None:
    folder = WeightsFolder(tmp_path)
    folder.save(1, filled(PARENT, float("nan")))
    child = filled(PARENT, 0.25)
    give(child, folder.load(1))
    assert all((w == 0.25).all() for layer in child.layers for w in layer.get_weights())
