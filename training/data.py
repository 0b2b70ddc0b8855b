"""FER2013 in every form that people have it in.

``load`` reads Kaggle's ``fer2013.csv``, ``icml_face_data.csv``, the
challenge's ``train.csv`` and ``test.csv``, a folder of images by class, and
the CSV forms compressed with gzip, xz or zip.
"""

from __future__ import annotations

import csv
import gzip
import io
import logging
import lzma
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np
import numpy.typing as npt

from device.errors import MienError

log = logging.getLogger(__name__)

SIDE = 48
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FERPLUS_LABELS = (
    "neutral", "happiness", "surprise", "sadness",
    "anger", "disgust", "fear", "contempt",
)  # fmt: skip

# FER2013's own split names, and those of folders that people make of it.
_SPLIT_NAMES = {
    "training": "train", "train": "train",
    "publictest": "validation", "validation": "validation", "val": "validation",
    "privatetest": "test", "test": "test",
}  # fmt: skip
_CLASS_NAMES = {
    "anger": "angry", "happiness": "happy", "sadness": "sad",
    "surprised": "surprise", "disgusted": "disgust", "fearful": "fear",
}  # fmt: skip
_IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".webp"}

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Votes = npt.NDArray[np.float32]


class DataError(MienError, ValueError):
    """A data set cannot be read, or a row of it is broken."""


@dataclass(frozen=True)
class Split:
    """Images and labels of one split.

    images: uint8 (n, 48, 48), grey levels 0-255.
    labels: int64 (n,), indices into ``LABELS``.
    votes: float32 (n, 8) or None: for each image the share of FER+ taggers for
        each of ``FERPLUS_LABELS``; a row of zeros where nobody saw a face.
    """

    images: Images
    labels: Labels
    votes: Votes | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Split:
        """Return the rows that ``index`` (integers or booleans) selects."""
        votes = None if self.votes is None else self.votes[index]
        return Split(self.images[index], self.labels[index], votes)


@dataclass(frozen=True)
class Dataset:
    """The splits of one data set; ``test`` or ``validation`` may be empty.

    FER2013's ``Training`` is ``train``, ``PublicTest`` is ``validation`` and
    ``PrivateTest`` is ``test``.
    """

    train: Split
    validation: Split
    test: Split


def load(
    path: Path,
    votes_path: Path | None = None,
    *,
    seed: int = 0,
    held_out: float = 0.1,
) -> Dataset:
    """Read the data set at ``path``, with FER+ votes if a file of them is given.

    A data set without a split of its own is split here, stratified by label:
    ``held_out`` of each class goes to validation, drawn with ``seed``.

    Raises DataError, naming file and line, for a row that is broken.
    """
    if not path.exists():
        raise DataError(f"data set not found: {path}: give a FER2013 CSV or a folder of images")
    if path.is_dir() and not _csvs_in(path):
        images, labels, usages = _read_folder(path)
    else:
        images, labels, usages = _read_csvs(_csvs_in(path) if path.is_dir() else [path])
    everything = Split(images, labels)
    if votes_path is not None:
        everything = replace(everything, votes=_read_votes(votes_path, len(labels)))
    return _split(everything, usages, seed, held_out)


def _csvs_in(folder: Path) -> list[Path]:
    """Return the CSV files (also compressed) that lie directly in ``folder``."""
    names = ("fer2013.csv", "icml_face_data.csv", "train.csv")
    for name in names:
        for suffix in ("", ".gz", ".xz", ".zip"):
            found = folder / (name + suffix)
            if found.is_file():
                test = folder / ("test.csv" + suffix)
                both = name == "train.csv" and test.is_file()
                return [found, test] if both else [found]
    return []


def _open_text(path: Path) -> TextIO:
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".xz":
            return lzma.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".zip":
            archive = zipfile.ZipFile(path)
            members = [n for n in archive.namelist() if n.endswith(".csv")]
            if len(members) != 1:
                raise DataError(f"{path}: expected one .csv inside, found {len(members)}")
            return io.TextIOWrapper(archive.open(members[0]), encoding="utf-8", newline="")
        return path.open(encoding="utf-8", newline="")
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"cannot open {path}: {error}") from error


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of each row; column names lower case, stripped."""
    with _open_text(path) as file:
        reader = csv.reader(file)
        try:
            header = [name.strip().lower() for name in next(reader)]
            for row in reader:
                if row:
                    yield reader.line_num, dict(zip(header, row, strict=False))
        except StopIteration:
            raise DataError(f"{path}: the file is empty") from None
        except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: cannot be read to its end: {error}") from error


def _parse_pixels(text: str) -> Images:
    pixels = np.array(text.split(), dtype=np.float64)  # ValueError: not a number
    if pixels.size != SIDE * SIDE:
        raise ValueError(f"{pixels.size} pixels instead of {SIDE * SIDE}")
    if pixels.min() < 0 or pixels.max() > 255:
        raise ValueError("a pixel outside 0-255")
    return pixels.astype(np.uint8).reshape(SIDE, SIDE)


def _parse_label(text: str) -> int:
    label = int(text)
    if not 0 <= label < len(LABELS):
        raise ValueError(f"label {label} outside 0-{len(LABELS) - 1}")
    return label


def _read_csvs(paths: list[Path]) -> tuple[Images, Labels, list[str]]:
    images, labels, usages = [], [], []
    for path in paths:
        for line, row in _rows(path):
            if "pixels" not in row:
                raise DataError(f"{path}, line {line}: no column 'pixels'")
            if "emotion" not in row:
                # The challenge's test.csv carries no labels: nothing to learn or measure.
                log.warning("%s has no column 'emotion' and is left out", path)
                break
            try:
                images.append(_parse_pixels(row["pixels"]))
                labels.append(_parse_label(row["emotion"]))
            except ValueError as error:
                raise DataError(f"{path}, line {line}: {error}") from error
            usages.append(_usage(row.get("usage"), path, line, alone=len(paths) == 1))
    if not images:
        raise DataError(f"{paths[0]}: no rows")
    return np.stack(images), np.array(labels, dtype=np.int64), usages


def _usage(text: str | None, path: Path, line: int, *, alone: bool) -> str:
    if text is None:
        # train.csv beside a labelled test.csv is a split; a file by itself is none.
        return "" if alone else _SPLIT_NAMES[path.name.split(".")[0]]
    name = _SPLIT_NAMES.get(text.strip().lower())
    if name is None:
        raise DataError(f"{path}, line {line}: unknown Usage {text!r}")
    return name


def _read_folder(folder: Path) -> tuple[Images, Labels, list[str]]:
    images, labels, usages = [], [], []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _IMAGE_SUFFIXES):
        class_name = path.parent.name.lower()
        class_name = _CLASS_NAMES.get(class_name, class_name)
        if class_name not in LABELS:
            raise DataError(f"{path}: folder {path.parent.name!r} is none of {', '.join(LABELS)}")
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise DataError(f"{path}: not a readable image")
        if image.shape != (SIDE, SIDE):
            image = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        images.append(image.astype(np.uint8))
        labels.append(LABELS.index(class_name))
        usages.append(_SPLIT_NAMES.get(path.parent.parent.name.lower(), ""))
    if not images:
        raise DataError(f"{folder}: no FER2013 CSV and no images in folders named by class")
    return np.stack(images), np.array(labels, dtype=np.int64), usages


def _read_votes(path: Path, rows: int) -> Votes:
    """Read FER+'s ``fer2013new.csv``: same rows, same order as the images."""
    votes = []
    for line, row in _rows(path):
        try:
            votes.append([float(row[name]) for name in FERPLUS_LABELS])
        except (KeyError, ValueError) as error:
            raise DataError(f"{path}, line {line}: no count of votes: {error}") from error
    if len(votes) != rows:
        raise DataError(f"{path}: {len(votes)} rows of votes for {rows} images")
    counts = np.array(votes, dtype=np.float32)
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)


def _split(everything: Split, usages: list[str], seed: int, held_out: float) -> Dataset:
    usage = np.array(usages)
    unnamed = usage == ""
    if unnamed.any() and not unnamed.all():
        raise DataError("some rows name a split and some do not: name it for all or for none")
    if unnamed.all():
        usage = _stratified(everything.labels, seed, held_out)
    elif not (usage == "validation").any():
        # Selection needs a part of its own; the test split must not serve for it.
        inside = usage == "train"
        usage[inside] = _stratified(everything.labels[inside], seed, held_out)
    return Dataset(
        *(everything.take(usage == name) for name in ("train", "validation", "test")),
    )


def _stratified(labels: Labels, seed: int, held_out: float) -> npt.NDArray[np.str_]:
    """Return "train" or "validation" for each row, ``held_out`` of each class."""
    usage = np.full(len(labels), "train", dtype="<U10")
    generator = np.random.default_rng(seed)
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        usage[rows[: round(len(rows) * held_out)]] = "validation"
    return usage
