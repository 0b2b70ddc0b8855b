"""Images in folders that are named by class, as FER2013 and others are often unpacked."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from device.preprocess import Framing
from device.records import Grey
from training.class_names import ClassNames
from training.errors import DataError
from training.face_pictures import FaceCutter, words_of
from training.fer2013 import Images, Rows
from training.fitting import Fitting, as_grey
from training.image_file import read_stored
from training.labels import LABELS
from training.left_out import LeftOut, lines

log = logging.getLogger(__name__)

_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".pgm", ".ppm", ".pnm", ".webp",
             ".tif", ".tiff"}  # fmt: skip
# Fewer pixels make no face.
_SMALLEST_PX = 16
_NO_FACE = "no face found"


@dataclass(frozen=True)
class Reading:
    """How folders of images are read.

    meanings: labels of folders that mean something else than they are called, or nothing known.
    numbering: what the numbers of numbered folders mean, one of ``NUMBERINGS``; "" finds out.
    framing: how a face is cut out that is found in a picture; None takes the whole picture.
    whole: where faces are looked for, pictures without one are used whole, not left out.
    """

    meanings: Mapping[str, str] = field(default_factory=dict)
    numbering: str = ""
    framing: Framing | None = None
    whole: bool = False


def image_paths(folder: Path) -> list[Path]:
    """Return the images below ``folder``, in the order of their paths.

    Links to folders are followed; no folder is read twice.
    """
    return sorted(path for path, _ in _walk(folder) if path is not None)


def _walk(folder: Path) -> Iterator[tuple[Path | None, Path]]:
    """Yield each image with its folder, and (None, folder) for one without images."""
    seen = {folder.resolve()}
    for name, folders, files in os.walk(folder, followlinks=True):
        here = Path(name)
        # A link may lead back to where it is in, and would then for ever.
        folders[:] = sorted(f for f in folders if _is_new(here / f, seen))
        # macOS leaves "._name.jpg" beside the images: not images.
        found = [f for f in files if Path(f).suffix.lower() in _SUFFIXES and f[0] != "."]
        for file in found:
            yield here / file, here
        if not found and not folders:
            yield None, here


def _is_new(folder: Path, seen: set[Path]) -> bool:
    place = folder.resolve()
    if place in seen:
        return False
    seen.add(place)
    return True


def read_folder(folder: Path, how: Reading | None = None) -> Rows:
    """Read ``happy/*.jpg`` and so on, or ``train/happy/*.jpg`` beside ``test/happy/*.jpg``.

    Folders may be called otherwise (``training/class_words.py``), or by numbers, and may have
    folders of their own. Colour images become grey. Those of another size are resized to
    48x48; where one is not square, its edge is repeated to make it so. Warnings say what was
    changed, what was left out, and which folders are one class.

    Raises DataError where there is no image in a folder that means a label, or numbers of
    folders can mean several things.
    """
    how = how or Reading()
    walked = list(_walk(folder))
    paths = sorted(path for path, _ in walked if path is not None)
    if not paths:
        raise DataError(
            f"{folder}: no fer2013.csv, icml_face_data.csv or train.csv, "
            "and no images in folders named by class"
        )
    names = ClassNames.of(folder, paths, how.meanings, how.numbering)
    reader = _Reader(folder, names, how)
    for path in paths:
        reader.read(path)
    reader.warn([path for image, path in walked if image is None])
    return reader.rows()


class _Reader:
    """What was read of a folder so far."""

    def __init__(self, folder: Path, names: ClassNames, how: Reading) -> None:
        self._folder, self._names, self._how = folder, names, how
        self._fitting = Fitting()
        self._images: list[Images] = []
        self._labels: list[int] = []
        self._usages: list[str] = []
        self._left_out: list[LeftOut] = []
        self._called: dict[str, set[str]] = defaultdict(set)
        self._cutter = None if how.framing is None else FaceCutter(how.framing)
        self._cut = self._whole = 0

    def read(self, path: Path) -> None:
        """Read an image, or note why it is left out."""
        label, called = self._names.label_of(path)
        if label not in LABELS:
            means = f": {label} is" if label else ", a folder that is"
            reason = f"in {called!r}{means} none of {', '.join(LABELS)}"
            self._left_out.append(LeftOut(path, reason))
            return
        image = self._image(path)
        if image is None:
            return
        self._called[label].add(called)
        self._images.append(image)
        self._labels.append(LABELS.index(label))
        self._usages.append(self._names.usage_of(path))

    def _image(self, path: Path) -> Grey | None:
        try:
            stored = read_stored(path)
        except DataError as error:
            # The reason alone, so that it is the same for all that share it.
            reason = str(error).replace(f"{path}: ", "").removeprefix("cannot read ").split(" (")[0]
            self._left_out.append(LeftOut(path, reason))
            return None
        if min(stored.shape[:2]) < _SMALLEST_PX:
            reason = f"a side of less than {_SMALLEST_PX} pixels"
            self._left_out.append(LeftOut(path, reason))
            return None
        if self._cutter is None:
            return self._fitting.fit(stored)
        return self._face(path, stored, self._cutter)

    def _face(self, path: Path, stored: Images, cutter: FaceCutter) -> Grey | None:
        """Return the largest face of a picture."""
        faces = cutter.cut(as_grey(stored))
        if faces:
            self._cut += 1
            return self._fitting.fit(stored, faces[0].crop)
        if self._how.whole:
            self._whole += 1
            return self._fitting.fit(stored)
        self._left_out.append(LeftOut(path, _NO_FACE))
        return None

    def warn(self, empty: list[Path]) -> None:
        """Say what a user should know of these folders; ``empty`` are those without images."""
        self._fitting.warn(self._folder)
        said = lines(self._left_out)
        if self._names.numbering:
            said.append(f"numbered folders are read as {self._names.numbering} numbers them")
        for label, called in self._called.items():
            if len(called) > 1:
                said.append(f"{label} is made of the folders {', '.join(sorted(called))}")
        if nothing := sorted(p.name for p in empty if self._names.label_of(p / "x")[0] in LABELS):
            said.append(f"no image in {', '.join(dict.fromkeys(nothing))}")
        if self._how.framing is not None:
            whole = f"; {self._whole:,} without one used whole" if self._whole else ""
            said.append(f"{self._cut:,} faces found, {words_of(self._how.framing)}{whole}")
        said += self._advice()
        for line in said:
            log.warning("%s: %s", self._folder, line)

    def _advice(self) -> list[str]:
        """Return the option that suits most of the pictures better, where there is one."""
        if self._cutter is None:
            if 2 * self._fitting.oblong > self._fitting.images:
                return ["where pictures show more than a face, --find-faces cuts the face out"]
            return []
        missing = sum(one.reason == _NO_FACE for one in self._left_out)
        if missing > self._cut:
            return ["where pictures are faces already, --no-face whole takes them as they are"]
        return []

    def rows(self) -> Rows:
        """Return what was read.

        Raises DataError where that is nothing.
        """
        if not self._images:
            said = "; ".join(lines(self._left_out))
            raise DataError(
                f"{self._folder}: no image to use: {said}: name folders as {', '.join(LABELS)}, "
                "or say with --map what they hold"
            )
        return Rows(
            np.stack(self._images),
            np.array(self._labels, dtype=np.int64),
            self._usages,
            tuple(self._left_out),
        )
