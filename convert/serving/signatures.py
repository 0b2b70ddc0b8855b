"""What a SavedModel can be asked, and what it answers.

Two signatures, both for any number of faces at once, so that a server can put
the requests of many clients into one batch:

``serving_default`` takes ``faces``, uint8 (n, 48, 48, 1), grey levels 0-255, framed as
the device frames them. ``jpeg`` takes ``jpeg``, strings (n,), the files of cropped faces.

Both answer ``emotion``, string (n,), the most probable class; ``probabilities``, float32
(n, classes), 0-1, each row summing to 1; and ``labels``, string (n, classes), which class each
of these is of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convert.network import import_tensorflow
from convert.quiet import quiet
from device.errors import SinkError, why
from training.data import SIDE

FACES, JPEG = "serving_default", "jpeg"


def write(
    model: Any, classes: tuple[str, ...], temperature: float, folder: Path, *, chatter: bool = False
) -> None:
    """Write ``model`` as a SavedModel with both signatures to ``folder``, which is not there yet.

    model: maps float32 (n, 48, 48, 1) grey levels 0-255 to logits (n, classes).
    temperature: what logits are divided by before the softmax, above 0.

    Raises SinkError where ``folder`` cannot be written.
    """
    tensorflow = import_tensorflow(chatter=chatter)

    def read(faces: Any) -> dict[str, Any]:
        logits = model(tensorflow.cast(faces, "float32"), training=False)
        names = tensorflow.constant(classes)
        probabilities = tensorflow.nn.softmax(logits / temperature)
        return {
            "emotion": tensorflow.gather(names, tensorflow.argmax(probabilities, axis=1)),
            "probabilities": probabilities,
            "labels": tensorflow.tile(names[None], [tensorflow.shape(logits)[0], 1]),
        }

    def read_jpeg(jpeg: Any) -> dict[str, Any]:
        return read(crops(jpeg))

    picture = tensorflow.TensorSpec((None, SIDE, SIDE, 1), "uint8", "faces")
    file = tensorflow.TensorSpec((None,), "string", "jpeg")
    with quiet(chatter=chatter):
        # Not by Keras's own export, which writes each weight twice.
        module = tensorflow.Module()
        module.weights = [variable.value for variable in model.variables]
        asked = {
            FACES: tensorflow.function(read, input_signature=[picture]),
            JPEG: tensorflow.function(read_jpeg, input_signature=[file]),
        }
        try:
            tensorflow.saved_model.save(module, str(folder), signatures=asked)
        except (OSError, tensorflow.errors.OpError) as error:  # the latter where a disk is full
            reason = getattr(error, "message", None) or why(error)
            raise SinkError(f"cannot write {folder}: {reason.splitlines()[0]}") from error


def crops(jpeg: Any) -> Any:
    """Return a tensor uint8 (n, 48, 48, 1) of a tensor of JPEG files, string (n,).

    Each picture is made grey by its own luma and shrunk or enlarged as
    ``device.preprocess`` does it, to one grey level; one that is not square gives the
    largest square in its middle. A mark in EXIF that the picture lies on its side is not read,
    by which OpenCV would turn it.

    TensorFlow raises InvalidArgumentError where one of them is no JPEG (or PNG) file, and no
    operation of its graphs can catch that: the whole batch has no answer.
    """
    tensorflow = import_tensorflow()
    return tensorflow.map_fn(
        _crop, jpeg, fn_output_signature=tensorflow.TensorSpec((SIDE, SIDE, 1), "uint8")
    )


def _crop(jpeg: Any) -> Any:
    """Return a tensor uint8 (48, 48, 1) of one file."""
    tensorflow = import_tensorflow()
    # The exact transform is the one that OpenCV has; the default is a faster one.
    picture = tensorflow.io.decode_jpeg(jpeg, channels=1, dct_method="INTEGER_ACCURATE")
    height, width = tensorflow.shape(picture)[0], tensorflow.shape(picture)[1]
    side = tensorflow.minimum(height, width)
    square = tensorflow.image.crop_to_bounding_box(
        picture, (height - side) // 2, (width - side) // 2, side, side
    )[None]
    size = [SIDE, SIDE]
    shrunk = tensorflow.cond(
        side > SIDE,
        lambda: tensorflow.raw_ops.ResizeArea(images=square, size=size),
        lambda: tensorflow.image.resize(square, size),
    )
    # Halves go up, as in OpenCV; TensorFlow's round would take them to the even number.
    return tensorflow.ensure_shape(
        tensorflow.cast(tensorflow.floor(shrunk[0] + 0.5), "uint8"), (SIDE, SIDE, 1)
    )
