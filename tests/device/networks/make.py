"""How the networks beside this file were made: ``python -m tests.device.networks.make``.

``alive`` answers by what it sees, ``dead`` has no weights, ``other`` has three outputs for
pictures of 32 pixels. They are TFLite files without a card, of one layer and some kilobytes.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def network(side_px: int, labels: int, weight: float) -> keras.Model:
    keras.utils.set_random_seed(1)
    image = keras.Input((side_px, side_px, 1))
    kernel = keras.initializers.RandomNormal(stddev=weight)
    x = keras.layers.Conv2D(8, 8, 8, kernel_initializer=kernel)(image)
    return keras.Model(image, keras.layers.Dense(labels)(keras.layers.Flatten()(x)))


def tflite(model: keras.Model, side_px: int) -> bytes:
    pictures = np.random.default_rng(0).integers(0, 256, (50, 1, side_px, side_px, 1))
    pictures[0], pictures[1] = 0, 255
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([p.astype(np.float32)] for p in pictures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


if __name__ == "__main__":
    here = Path(__file__).parent
    for name, side_px, labels, weight in (
        ("alive", 48, 7, 0.01), ("dead", 48, 7, 0.0), ("other", 32, 3, 0.01),
    ):  # fmt: skip
        content = tflite(network(side_px, labels, weight), side_px)
        (here / f"{name}.tflite").write_bytes(content)
