"""Reading the faces in picture files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.annotated import ReadFace
from training.answers import ask
from training.classifier import load_classifier
from training.errors import DataError
from training.face_pictures import FaceCutter, framing_for
from training.image_file import read_grey
from training.image_folder import image_paths


class Predictor:
    """Reads faces with the model in a file, cut out as ``framing_for`` says.

    Raises ModelError where ``model`` is no such file.
    """

    def __init__(self, model: Path) -> None:
        self._classifier = load_classifier(model)
        self._cutter = FaceCutter(framing_for(model))

    def predict(self, path: Path) -> list[ReadFace]:
        """Return the faces in the picture at ``path``, the largest first.

        Raises DataError, naming the file, where it cannot be read.
        """
        faces = self._cutter.cut(read_grey(path))
        if not faces:
            return []
        answers = ask(self._classifier, np.stack([face.crop for face in faces]))
        return [ReadFace(f.box_xyxy, a) for f, a in zip(faces, answers, strict=True)]


def pictures_at(path: Path) -> list[Path]:
    """Return the images below ``path`` where it is a folder, else ``path`` itself.

    Raises DataError for a folder without images.
    """
    if not path.is_dir():
        return [path]
    found = image_paths(path)
    if not found:
        raise DataError(f"{path}: no images in this folder: give another")
    return found


def output_paths(pictures: Sequence[Path], folder: Path) -> list[Path]:
    """Return where in ``folder`` each picture's drawing goes: ``NAME-read.png``.

    A number follows where that is one of the pictures, or is taken by another.
    """
    taken = {path.resolve() for path in pictures}
    outputs = []
    for path in pictures:
        output, number = folder / f"{path.stem}-read.png", 1
        while output.resolve() in taken:
            number += 1
            output = folder / f"{path.stem}-read-{number}.png"
        taken.add(output.resolve())
        outputs.append(output)
    return outputs
