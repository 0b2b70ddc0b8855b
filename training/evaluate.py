"""How well a model reads a split that it has not learned from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from device.errors import ModelError
from training.data import Split
from training.labels import LABELS, SIDE
from training.metrics import Counts, Scores

_BATCH = 256
Predict = Callable[[npt.NDArray[np.uint8]], Counts]


def load_model(path: Path) -> Predict:
    """Return a function from images, uint8 (n, 48, 48), to label indices, int64 (n,).

    A ``.tflite`` file is read as the device reads it, a ``.keras`` file by Keras.

    Raises ModelError where the file is missing or is no such model.
    """
    if not path.is_file():
        raise ModelError(f"model not found: {path}: give a .keras or .tflite file")
    match path.suffix.lower():
        case ".keras":
            return _keras_predictor(path)
        case ".tflite":
            return _tflite_predictor(path)
    raise ModelError(f"{path}: of an unknown kind: give a .keras or .tflite file")


def _keras_predictor(path: Path) -> Predict:
    try:
        model = keras.saving.load_model(path, compile=False)
    except (ValueError, OSError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0][:200]
        raise ModelError(f"{path}: not a model that Keras can load: {reason}") from error
    shapes = (getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    if shapes != ((None, SIDE, SIDE, 1), (None, len(LABELS))):
        raise ModelError(
            f"{path}: input {shapes[0]} and output {shapes[1]}, "
            f"expected (n, {SIDE}, {SIDE}, 1) and (n, {len(LABELS)})"
        )

    def predict(images: npt.NDArray[np.uint8]) -> Counts:
        levels = images[..., np.newaxis].astype(np.float32)
        logits = np.asarray(model.predict(levels, batch_size=_BATCH, verbose=0))
        best: Counts = logits.argmax(axis=1).astype(np.int64)
        return best

    return predict


def _tflite_predictor(path: Path) -> Predict:
    # Only here: the runtime need not be there for a .keras file.
    from device.model import Model

    model = Model(path)
    if sorted(model.labels) != sorted(LABELS):
        raise ModelError(f"{path}: its labels are {', '.join(model.labels)}, not FER2013's")
    # The order of the outputs is the file's own.
    index = np.array([LABELS.index(name) for name in model.labels], dtype=np.int64)

    def predict(images: npt.NDArray[np.uint8]) -> Counts:
        best = [int(model.logits(image).argmax()) for image in images]
        return index[np.array(best, dtype=np.int64)]

    return predict


def evaluate(predict: Predict, split: Split) -> Scores:
    """Return the figures of ``predict`` on ``split``, which has at least one row."""
    return Scores.of(split.labels, predict(split.images))


def report(
    scores: Scores, split_name: str, origin: str, note: str = "", called: str = "test"
) -> str:
    """Return the figures as people read them.

    called: what the first line calls the split; the second says which it is.
    """
    of = f"{origin} ({split_name} split)" if origin else f"{split_name} split"
    lines = [
        f"Accuracy on {called} set: {scores.accuracy:.0%}",
        f"{of}: {scores.images:,} images, {scores.accuracy:.2%} right{note}",
        "",
        f"{'':10}{'precision':>10}{'recall':>10}{'F1':>10}{'images':>10}",
    ]
    columns = (scores.precision, scores.recall, scores.f1)
    for i, label in enumerate(LABELS):
        cells = "".join(f"{column[i]:>10.1%}" for column in columns)
        lines.append(f"{label:10}{cells}{scores.support[i]:>10,}")
    lines += ["", f"macro F1: {scores.macro_f1:.1%}"]
    pairs = scores.most_confused(5)
    if pairs:
        lines += ["most confused:"]
        lines += [f"  {a} taken for {b}: {n} ({share:.0%} of {a})" for a, b, n, share in pairs]
    return "\n".join(lines)
