"""Images that a data set holds more than once, byte by byte the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.fer2013 import Images, Labels


def also_in(images: Images, others: Images) -> npt.NDArray[np.bool_]:
    """Tell, bool (n,), for each of ``images`` (n, 48, 48) whether it stands in ``others`` too."""
    known = {image.tobytes() for image in others}
    return np.array([image.tobytes() in known for image in images], dtype=np.bool_)


def groups(images: Images) -> npt.NDArray[np.int64]:
    """Return int64 (n,): for each of ``images`` (n, 48, 48) the first row that is the same."""
    first: dict[bytes, int] = {}
    rows = [first.setdefault(image.tobytes(), row) for row, image in enumerate(images)]
    return np.array(rows, dtype=np.int64)


def count_repeated(images: Images, labels: Labels) -> tuple[int, int]:
    """Return how many images stand more than once, and how many of them under several labels.

    Each image counts once, however often it stands. images: uint8 (n, 48, 48).
    labels: int64 (n,).
    """
    group = groups(images)
    _, times = np.unique(group, return_counts=True)
    contradicted = np.unique(group[labels != labels[group]])
    return int((times > 1).sum()), len(contradicted)
