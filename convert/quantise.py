"""A Keras model as a TFLite file that computes in whole numbers only."""

from __future__ import annotations

import importlib
import re
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from convert import anatomy, summary
from convert.arrays import Images, Labels
from convert.network import import_tensorflow
from convert.quiet import quiet
from device.errors import ModelError


def balanced_sample(labels: Labels, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the indices of about ``count`` images, equally many of each class.

    labels: int64 (n,). Drawn without putting back, with ``seed``; a class that
    has too few gives all that it has.
    """
    generator = np.random.default_rng(seed)
    classes = np.unique(labels)
    share = max(1, count // max(1, len(classes)))
    drawn = [generator.permutation(np.flatnonzero(labels == label))[:share] for label in classes]
    return np.concatenate(drawn).astype(np.int64) if drawn else np.zeros(0, dtype=np.int64)


def with_full_range(images: Images) -> Images:
    """Return ``images``, uint8 (n, side, side), with a black and a white one added.

    The converter takes the input's range from what it sees. With these it is
    0-255, so that grey level g becomes exactly g - 128 and nothing is rounded.
    """
    black = np.zeros((1, *images.shape[1:]), dtype=np.uint8)
    return np.concatenate([black, np.full_like(black, 255), images])


def quantised(
    model: Any, images: Images, *, chatter: bool = False
) -> tuple[bytes, dict[str, object]]:
    """Return ``model`` as ``to_int8`` does, told and checked, and a note on it for its card.

    Raises ModelError where it is nothing that the device can run.
    """
    tflite = to_int8(model, images, chatter=chatter)
    inside = anatomy.dissect(tflite)
    summary.tell_anatomy(inside, len(tflite), len(images))
    anatomy.check(inside)
    return tflite, {
        "parameters": model.count_params(),
        "macs": inside.macs,
        "ops": inside.counts(),
        "calibration_images": len(images),
    }


def to_int8(model: Any, images: Images, *, chatter: bool = False) -> bytes:
    """Return ``model`` as a full-integer TFLite file, with int8 input and output.

    images: uint8 (n, side, side), what to calibrate the ranges of activations on.
    Weights are quantised per output channel, except those of dense layers: for
    theirs some converters write FULLY_CONNECTED version 12, which tflite-runtime
    2.14 does not load, and a last layer of so few outputs loses nothing.

    Raises ModelError where the converter gives up.
    """
    tensorflow = import_tensorflow(chatter=chatter)
    # TFLiteConverter's own error is exported nowhere else.
    converter_error = importlib.import_module("tensorflow.lite.python.convert").ConverterError
    try:
        with tempfile.TemporaryDirectory() as folder, quiet(chatter=chatter):
            _export(model, folder)
            converter = tensorflow.lite.TFLiteConverter.from_saved_model(folder)
            converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: _batches(with_full_range(images))
            # Without this an op that has no int8 kernel would silently stay in float.
            converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tensorflow.int8
            converter.inference_output_type = tensorflow.int8
            converter._experimental_disable_per_channel_quantization_for_dense_layers = True
            return bytes(converter.convert())
    # ConverterError is an Exception only; calibration raises RuntimeError and ValueError.
    except (converter_error, RuntimeError, ValueError) as error:
        raise ModelError(f"the converter gave up: {_reason(error)} (--debug: more)") from error


def _reason(error: Exception) -> str:
    """Return what matters of the converter's message, which is a dump of the graph."""
    text = str(error).strip() or type(error).__name__
    missing = re.search(r"(?:TF Select|Custom) ops: *(.+)", text)
    if missing:
        return f"TFLite has no op {missing[1].strip()}: use other layers"
    return text.splitlines()[0][:200]


def _export(model: Any, folder: str) -> None:
    """Write ``model`` as a SavedModel that takes one picture at a time."""
    import keras

    picture = keras.InputSpec(dtype="float32", shape=(1, *model.input_shape[1:]))
    model.export(folder, format="tf_saved_model", verbose=False, input_signature=[picture])


def _batches(images: Images) -> Iterator[list[npt.NDArray[np.float32]]]:
    for image in images:
        yield [image[np.newaxis, ..., np.newaxis].astype(np.float32)]
