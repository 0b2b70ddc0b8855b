import numpy as np
import pytest

from convert import anatomy
from convert.quantise import balanced_sample, to_int8, with_full_range
from device.errors import ModelError


def test_a_sample_has_as_many_images_of_rare_classes_as_of_frequent_ones():
    labels = np.repeat(np.arange(7), [500, 40, 60, 900, 70, 80, 300])
    chosen = balanced_sample(labels, 210, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [30] * 7
    assert len(set(chosen)) == 210


def test_a_class_with_too_few_images_gives_all_that_it_has():
    labels = np.array([0] * 50 + [1] * 3)
    assert np.bincount(labels[balanced_sample(labels, 20, seed=0)]).tolist() == [10, 3]


def test_the_seed_decides_what_is_drawn():
    labels = np.repeat(np.arange(7), 100)
    one, same, other = (balanced_sample(labels, 70, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_black_and_a_white_image_are_added():
    images = np.full((2, 48, 48), 100, np.uint8)
    assert sorted(image.mean() for image in with_full_range(images)) == [0, 100, 100, 255]


def test_dull_images_still_give_an_input_of_scale_one(network):
    images = np.random.default_rng(0).integers(90, 160, (4, 48, 48), dtype=np.uint8)
    inside = anatomy.dissect(to_int8(network(), images))
    assert (inside.input_scale, inside.input_zero_point) == (1.0, -128)


def test_an_operation_that_has_no_int8_form_is_a_clear_error(keras):
    image = keras.Input((48, 48, 1))
    x = keras.ops.erf(keras.layers.MaxPooling2D(8)(image))
    model = keras.Model(image, keras.layers.Dense(7)(keras.layers.Flatten()(x)))
    with pytest.raises(ModelError, match="the converter gave up: TFLite has no op Erf"):
        to_int8(model, np.zeros((1, 48, 48), np.uint8))
