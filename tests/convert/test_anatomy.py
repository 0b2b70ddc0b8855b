from dataclasses import replace

import numpy as np
import pytest

from convert.anatomy import Anatomy, Op, check, dissect
from convert.quantise import to_int8
from device.errors import ModelError

GOOD = Anatomy(
    (Op("CONV_2D", 3, 900, 8, 8), Op("MEAN", 2), Op("FULLY_CONNECTED", 4, 56, 7, 1)), 1.0, -128, 0
)


def _with(op: Op) -> Anatomy:
    return replace(GOOD, ops=(op, *GOOD.ops))


def test_a_file_that_every_runtime_can_run_passes():
    check(GOOD)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (_with(Op("FULLY_CONNECTED", 12, 56, 7, 7)), "version 12, tflite-runtime 2.14 loads up to"),
        (_with(Op("ERF", 1)), "op ERF: not known"),
        (_with(Op("CONV_2D", 3, 900, 8, 1)), "1 scales for 8 channels"),
        (replace(GOOD, ops=(*GOOD.ops, Op("SOFTMAX", 2))), "ends in a softmax"),
        (replace(GOOD, float_tensors=2), "2 tensors are still in float"),
        (replace(GOOD, input_scale=0.99), "input scale 0.99"),
        (replace(GOOD, input_zero_point=-127), "zero point -127"),
    ],
)
def test_a_file_that_some_runtime_cannot_run_is_refused(bad, message):
    with pytest.raises(ModelError, match=message):
        check(bad)


def test_slow_ops_are_named_with_what_to_use_instead():
    assert GOOD.slow() == {}
    assert "ReLU" in _with(Op("HARD_SWISH", 1)).slow()["HARD_SWISH"]


def test_multiplications_of_a_known_network(network):
    images = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    inside = dissect(to_int8(network(), images))
    # A 48x48 kernel for 7 channels at one place, and a dense layer of 7 by 7.
    assert inside.macs == 48 * 48 * 7 + 7 * 7
    assert inside.counts()["MEAN"] == 1


def test_a_dense_layer_at_the_end_has_one_scale_and_convolutions_one_a_channel(network):
    images = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    scales = {op.name: op.weight_scales for op in dissect(to_int8(network(), images)).ops}
    assert scales["CONV_2D"] == 7
    assert scales["FULLY_CONNECTED"] == 1
