"""Images in folders that are named by class, as FER2013 is often unpacked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.errors import DataError
from training.fer2013 import Images, Rows
from training.fitting import Fitting
from training.image_file import read_stored
from training.labels import CLASS_NAMES, LABELS, SPLIT_NAMES

_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".webp"}


def image_paths(folder: Path) -> list[Path]:
    """Return the images below ``folder``, in the order of their paths."""
    # macOS leaves "._name.jpg" beside the images: not images.
    found = (p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
    return sorted(path for path in found if not path.name.startswith("."))


def read_folder(folder: Path) -> Rows:
    """Read ``happy/*.jpg`` and so on, or ``train/happy/*.jpg`` beside ``test/happy/*.jpg``.

    Colour images become grey. Those of another size are resized to 48x48; where
    one is not square, its edge is repeated to make it so. One warning says how many.

    Raises DataError, naming the file, for an image or class that cannot be used.
    """
    fitting = Fitting()
    images: list[Images] = []
    labels: list[int] = []
    usages: list[str] = []
    for path in image_paths(folder):
        labels.append(_label(path))
        images.append(fitting.fit(read_stored(path)))
        above = path.absolute().parent.parent.name
        usages.append(above if above.lower() in SPLIT_NAMES else "")
    if not images:
        raise DataError(
            f"{folder}: no fer2013.csv, icml_face_data.csv or train.csv, "
            "and no images in folders named by class"
        )
    fitting.warn(folder)
    return Rows(np.stack(images), np.array(labels, dtype=np.int64), usages)


def _label(path: Path) -> int:
    name = path.absolute().parent.name
    label = CLASS_NAMES.get(name.lower(), name.lower())
    if label not in LABELS:
        raise DataError(f"{path}: its folder {name!r} is none of {', '.join(LABELS)}")
    return LABELS.index(label)
