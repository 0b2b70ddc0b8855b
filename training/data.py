"""FER2013 in every form that people have it in, as three splits.

``load`` reads Kaggle's ``fer2013.csv``, ``icml_face_data.csv``, the
challenge's ``train.csv`` and ``test.csv``, a folder of images by class, and
the CSV forms compressed with gzip, xz or zip.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import DataError as DataError
from training.fer2013 import Images, Labels, Rows, Votes, read_csvs, read_votes
from training.image_folder import image_paths, read_folder
from training.labels import FERPLUS_LABELS as FERPLUS_LABELS
from training.labels import LABELS as LABELS
from training.labels import SIDE as SIDE
from training.labels import SPLIT_NAMES

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """Images and labels of one split.

    images: uint8 (n, 48, 48), grey levels 0-255.
    labels: int64 (n,), indices into ``LABELS``.
    votes: float32 (n, 8) or None: for each image the share of FER+ taggers for
        each of ``FERPLUS_LABELS``; a row of zeros where nobody saw a face.
    origin: what the data set itself calls these rows, such as "PublicTest".
    """

    images: Images
    labels: Labels
    votes: Votes | None = None
    origin: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Split:
        """Return the rows that ``index`` (integers or booleans) selects."""
        votes = None if self.votes is None else self.votes[index]
        return Split(self.images[index], self.labels[index], votes, self.origin)


@dataclass(frozen=True)
class Dataset:
    """The splits of one data set; ``test`` or ``validation`` may be empty.

    FER2013's ``Training`` is ``train``, ``PublicTest`` is ``validation`` and
    ``PrivateTest`` is ``test``.
    """

    train: Split
    validation: Split
    test: Split

    def split(self, name: str) -> Split:
        """Return the split called ``name``, one of ``SPLITS``.

        Raises DataError, saying how many rows each split has, where it has none.
        """
        split: Split = getattr(self, name)
        if not len(split):
            has = ", ".join(f"{n} {len(getattr(self, n))}" for n in SPLITS)
            raise DataError(f"the data set has no rows in its {name} split (rows: {has})")
        return split


def load(
    path: Path,
    votes_path: Path | None = None,
    *,
    seed: int = 0,
    held_out: float = 0.1,
) -> Dataset:
    """Read the data set at ``path``, with FER+ votes if a file of them is given.

    A data set without a validation split gets one here: ``held_out`` of each
    class of its training rows, drawn with ``seed``. That is not the seed of a
    training run: every run, and ``evaluate``, sees the same split.

    Raises DataError, naming file and line, for a row that is broken.
    """
    if not path.exists():
        raise DataError(f"data set not found: {path}: give a FER2013 CSV or a folder of images")
    csvs = _csvs_at(path)
    rows = read_csvs(csvs) if csvs else read_folder(path)
    votes = None if votes_path is None else read_votes(votes_path, rows.usages)
    return _split(rows, votes, seed, held_out)


def fingerprint(path: Path) -> dict[str, str]:
    """Return the name of the file or folder at ``path`` and the SHA-256 of what is read of it.

    Of a folder, names and contents of the CSVs in it count, else of its images.

    Raises DataError where it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for file in _csvs_at(path) or image_paths(path):
            if path.is_dir():
                digest.update(file.relative_to(path).as_posix().encode() + b"\0")
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"cannot read {error.filename or path}: {reason}: give a file that is there"
        ) from error
    return {"name": path.absolute().name, "sha256": digest.hexdigest()}


def _csvs_at(path: Path) -> list[Path]:
    """Return the CSV files (also compressed) that ``path`` is, or that lie directly in it."""
    if not path.is_dir():
        return [path]
    for name in ("fer2013.csv", "icml_face_data.csv", "train.csv"):
        found = _any_form(path / name)
        if found and name == "train.csv":
            return found + _any_form(path / "test.csv")
        if found:
            return found
    return []


def _any_form(plain: Path) -> list[Path]:
    forms = (plain.with_name(plain.name + suffix) for suffix in ("", ".gz", ".xz", ".zip"))
    return [form for form in forms if form.is_file()][:1]


def _split(rows: Rows, votes: Votes | None, seed: int, held_out: float) -> Dataset:
    named = [SPLIT_NAMES[usage.lower()] if usage else "" for usage in rows.usages]
    if "" in named and any(named):
        raise DataError("some rows name a split and some do not: name it for all or for none")
    usage = np.array([name or "train" for name in named], dtype="<U10")
    held_here = not (usage == "validation").any()
    if held_here:
        # Selection needs a part of its own; the test split must not serve for it.
        inside = usage == "train"
        usage[inside] = _stratified(rows.labels[inside], seed, held_out)
    everything = Split(rows.images, rows.labels, votes)
    splits = []
    for name in SPLITS:
        part = everything.take(usage == name)
        own = sorted({u for u, n in zip(rows.usages, usage, strict=True) if n == name and u})
        origin = " and ".join(own)
        if name == "validation" and held_here:
            origin = f"{held_out:.0%} of {origin or 'the data'}, held out"
        splits.append(Split(part.images, part.labels, part.votes, origin))
    return Dataset(*splits)


def _stratified(labels: Labels, seed: int, held_out: float) -> npt.NDArray[np.str_]:
    """Return "train" or "validation" for each row, ``held_out`` of each class.

    A class of two images or more has at least one on either side.
    """
    usage = np.full(len(labels), "train", dtype="<U10")
    generator = np.random.default_rng(seed)
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        usage[rows[: max(round(len(rows) * held_out), int(len(rows) > 1))]] = "validation"
    return usage
