"""Whether a SavedModel says what the Keras model says that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from convert import network
from convert.arrays import Images
from convert.network import import_tensorflow
from convert.quiet import quiet
from convert.serving import signatures
from device.errors import ModelError
from device.model import softmax
from device.preprocess import Framing, crop_face
from training.data import SIDE

# The most that a probability may differ by.
MOST = 1e-5
# The most that a pixel of a JPEG may differ by from what the device makes of it, in grey levels.
MOST_LEVELS = 1
# Sides of the JPEG files that are tried: enlarged, as they are, shrunk by all kinds of factors.
_SIDES = (31, 48, 49, 96, 150, 311)
_BATCH = 256


@dataclass(frozen=True)
class Agreement:
    """How far a SavedModel is from the Keras model.

    pictures: how many were asked about, by either signature.
    difference: the largest difference of two probabilities.
    levels: the largest difference of a pixel that ``jpeg`` makes of a file from what the
        device's code makes of it, in grey levels.
    """

    pictures: int
    difference: float
    levels: int


def compare(
    folder: Path, model: Any, classes: tuple[str, ...], temperature: float, images: Images,
    *, chatter: bool = False,
) -> Agreement:  # fmt: skip
    """Ask the SavedModel in ``folder`` and the Keras ``model`` about the same pictures.

    images: uint8 (n, 48, 48). The JPEG files are drawn here, with noise.

    Raises ModelError where an answer is not of the form that it should have.
    """
    tensorflow = import_tensorflow(chatter=chatter)
    files = _jpeg_files()
    with quiet(chatter=chatter):
        loaded = tensorflow.saved_model.load(str(folder))
        made = signatures.crops(tensorflow.constant(files)).numpy()[..., 0]
        levels = np.abs(made.astype(np.int64) - [_by_the_device(file) for file in files]).max()
        faces = loaded.signatures[signatures.FACES]
        answers = [
            faces(faces=tensorflow.constant(images[at : at + _BATCH, ..., None]))
            for at in range(0, len(images), _BATCH)
        ]
        answers.append(loaded.signatures[signatures.JPEG](jpeg=tensorflow.constant(files)))
        asked = np.concatenate([images, made])
        wanted = softmax(network.keras_logits(model, asked), temperature)
    said = np.concatenate([_probabilities(answer, classes) for answer in answers])
    # A difference that is no number must not pass for a small one.
    difference = float(np.nan_to_num(np.abs(said - wanted), nan=np.inf).max())
    return Agreement(len(asked), difference, int(levels))


def check(agreement: Agreement) -> None:
    """Raise ModelError where the SavedModel is not what it was made of."""
    if agreement.difference > MOST:
        raise ModelError(
            f"the SavedModel's probabilities are up to {agreement.difference:.1e} from the Keras "
            f"model's, on {agreement.pictures:,} pictures ({MOST:.0e} is allowed)"
        )
    if agreement.levels > MOST_LEVELS:
        raise ModelError(
            f"of a JPEG file it makes other pixels than the device: up to {agreement.levels} grey "
            f"levels ({MOST_LEVELS} is allowed): this TensorFlow decodes or resizes otherwise"
        )


def _probabilities(answer: dict[str, Any], classes: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Return float32 (n, classes), once the names beside them are the right ones.

    Raises ModelError where they are not.
    """
    probabilities: npt.NDArray[np.float32] = answer["probabilities"].numpy()
    names = np.array(classes, dtype=object)
    labels = np.vectorize(bytes.decode, otypes=[object])(answer["labels"].numpy())
    emotions = [name.decode() for name in answer["emotion"].numpy()]
    if not np.array_equal(labels, np.tile(names, (len(probabilities), 1))):
        raise ModelError("the SavedModel's labels are not the Keras model's")
    if emotions != names[probabilities.argmax(axis=1)].tolist():
        raise ModelError("the SavedModel's emotion is not its most probable one")
    return probabilities


def _jpeg_files() -> list[bytes]:
    """Return JPEG files of drawn faces, each of its own size, half of them in colour."""
    from device.drawn_faces import draw_faces

    generator = np.random.default_rng(0)
    files = []
    for side in _SIDES:
        for number, face in enumerate(draw_faces(side)):
            colour = np.repeat(face[..., None], 3, axis=2) if number % 2 else face[..., None]
            noisy = colour + generator.normal(0, 10, colour.shape)
            picture = np.clip(noisy, 0, 255).astype(np.uint8)
            files.append(cv2.imencode(".jpg", picture)[1].tobytes())
    return files


def _by_the_device(file: bytes) -> npt.NDArray[np.uint8]:
    """Return uint8 (48, 48): what the device's code makes of the JPEG of a cropped face."""
    grey = np.asarray(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)
    height, width = grey.shape
    return crop_face(grey, (0, 0, width, height), Framing(), SIDE)
