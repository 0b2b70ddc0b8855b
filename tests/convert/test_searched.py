"""What a search says of a network's cost, held against the int8 file that is made of it."""

from __future__ import annotations

import numpy as np
import pytest

from convert.anatomy import check, dissect
from convert.quantise import to_int8
from training.architectures.plan import Plan
from training.data import LABELS

PLANS = [
    "searched-k3c16-i5c24n2x3e-f3c40n1x2-b3c80n3e",
    "searched-k7c8-p3c16n2e-i3c32n2x1-r5c64n1e",
    "searched-k5c20-r3c20n1-r3c40n2-r3c80n2",
]


@pytest.mark.parametrize("name", PLANS)
def test_macs_are_exact_and_bytes_within_two_percent(name, keras):
    from training.architectures import build

    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    tflite = to_int8(build(name, len(LABELS)), images)
    inside = dissect(tflite)
    check(inside)
    assert inside.slow() == {}
    plan = Plan.parse(name)
    assert plan.macs() == inside.macs
    assert abs(plan.int8_bytes() - len(tflite)) < 0.02 * len(tflite)
