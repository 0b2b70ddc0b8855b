"""Every network that training builds can become a file that the device runs."""

import numpy as np
import pytest

from convert.anatomy import check, dissect
from convert.card import serving
from convert.quantise import to_int8
from device.model import Model
from device.model_file import write_model
from device.preprocess import Framing
from training.architectures import ARCHITECTURES
from training.data import LABELS


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_it_becomes_whole_numbers_that_the_device_runs(name, keras, tmp_path):
    from training.architectures import build
    from training.describe import multiply_adds

    keras.utils.set_random_seed(0)
    network = build(name, len(LABELS))
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    tflite = to_int8(network, images)
    inside = dissect(tflite)
    check(inside)
    assert inside.slow() == {}
    assert inside.macs == multiply_adds(network)

    path = tmp_path / f"{name}.tflite"
    write_model(path, tflite, list(LABELS), serving(name, Framing(), 1.0))
    model = Model(path)
    answers = np.stack([model.logits(image) for image in images])
    expected = np.asarray(network(images[..., np.newaxis].astype(np.float32)))
    # Random weights amplify what is rounded: enough that it is the same function.
    assert np.abs(answers - expected).max() < 0.25 * np.abs(expected).max()
