import zipfile

import numpy as np
import pytest

from convert.network import keras_logits, load
from device.errors import ModelError
from training.data import LABELS


def _saved(keras, tmp_path, side=48, channels=1, classes=7):
    image = keras.Input((side, side, channels))
    logits = keras.layers.Dense(classes)(keras.layers.Flatten()(image))
    path = tmp_path / "model.keras"
    keras.Model(image, logits).save(path)
    return path


def test_loads_a_model_and_asks_it_in_grey_levels(keras, tmp_path):
    image = keras.Input((48, 48, 1))
    first_pixel = keras.layers.Cropping2D(((0, 47), (0, 47)))(image)
    repeated = keras.layers.UpSampling2D((1, 7))(first_pixel)
    keras.Model(image, keras.layers.Flatten()(repeated)).save(tmp_path / "model.keras")
    images = np.zeros((2, 48, 48), np.uint8)
    images[1] = 200
    model, classes = load(tmp_path / "model.keras")
    assert classes == LABELS
    logits = keras_logits(model, images)
    assert logits.dtype == np.float32
    assert logits.tolist() == [[0.0] * 7, [200.0] * 7]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"side": 64}, r"model\.keras: input \(None, 64, 64, 1\)"),
        ({"channels": 3}, r"input \(None, 48, 48, 3\)"),
        ({"classes": 8}, r"output \(None, 8\), but .* \(None, 7\): angry"),
    ],
)
def test_a_model_of_another_shape_is_refused(keras, tmp_path, shape, message):
    path = _saved(keras, tmp_path, **shape)
    with pytest.raises(ModelError, match=message):
        load(path)


def test_a_model_with_two_outputs_is_refused(keras, tmp_path):
    image = keras.Input((48, 48, 1))
    x = keras.layers.Flatten()(image)
    outputs = {"emotion": keras.layers.Dense(7)(x), "votes": keras.layers.Dense(8)(x)}
    keras.Model(image, outputs).save(tmp_path / "model.keras")
    with pytest.raises(ModelError, match=r"model\.keras: .*\(None, 7\).*\(None, 8\)"):
        load(tmp_path / "model.keras")


def test_a_model_with_a_layer_that_is_not_keras_own_is_refused(keras, tmp_path):
    class Ours(keras.layers.Layer):
        def call(self, x):
            return x

    image = keras.Input((48, 48, 1))
    logits = keras.layers.Dense(7)(keras.layers.Flatten()(Ours()(image)))
    keras.Model(image, logits).save(tmp_path / "model.keras")
    with pytest.raises(
        ModelError, match="not a model that Keras can load: Could not locate class 'Ours'"
    ):
        load(tmp_path / "model.keras")


def test_the_file_names_the_outputs_of_a_network_of_other_classes(keras, tmp_path):
    path = _saved(keras, tmp_path, classes=2)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", "happy\nsad\n")
    assert load(path)[1] == ("happy", "sad")


def test_a_damaged_archive_is_refused(keras, tmp_path):
    path = _saved(keras, tmp_path)
    damaged = tmp_path / "damaged.keras"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[:100] if name.endswith(".h5") else content)
    with pytest.raises(ModelError, match=r"damaged\.keras: not a model that Keras can load"):
        load(damaged)
