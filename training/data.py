"""FER2013 in every form that people have it in, as three splits.

``load`` reads Kaggle's ``fer2013.csv``, ``icml_face_data.csv``, the
challenge's ``train.csv`` and ``test.csv``, a folder of images by class, and
the CSV forms compressed with gzip, xz or zip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from training.duplicates import groups
from training.errors import DataError as DataError
from training.fer2013 import Images, Labels, Rows, Votes, read_csvs
from training.ferplus import FerPlus, read_votes
from training.image_folder import Reading as Reading
from training.image_folder import image_paths, read_folder
from training.labels import FERPLUS_CLASSES, SPLIT_NAMES
from training.labels import LABELS as LABELS
from training.labels import SIDE as SIDE
from training.left_out import LeftOut

SPLITS = ("train", "validation", "test")
LabelKind = Literal["fer2013", "ferplus"]


@dataclass(frozen=True)
class Split:
    """Images and labels of one split.

    images: uint8 (n, 48, 48), grey levels 0-255.
    labels: int64 (n,), indices into the data set's classes.
    votes: float32 (n, 8) or None: for each image the share of FER+ taggers for
        each of ``FERPLUS_CLASSES``; a row of zeros where nobody saw a face.
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
    classes: tuple[str, ...] = LABELS
    left_out: tuple[LeftOut, ...] = ()

    def split(self, name: str) -> Split:
        """Return the split called ``name``, one of ``SPLITS``, or "all" of them together.

        Raises DataError, saying how many rows each split has, where it has none.
        """
        split: Split = self._all() if name == "all" else getattr(self, name)
        if not len(split):
            has = ", ".join(f"{n} {len(getattr(self, n))}" for n in SPLITS)
            raise DataError(f"the data set has no rows in its {name} split (rows: {has})")
        return split

    def _all(self) -> Split:
        there = [part for part in (self.train, self.validation, self.test) if len(part)]
        if not there:
            return self.train
        voted = [part.votes for part in there if part.votes is not None]
        return Split(
            np.concatenate([part.images for part in there]),
            np.concatenate([part.labels for part in there]),
            np.concatenate(voted) if len(voted) == len(there) else None,
            "all images",
        )

    def only(self, classes: Sequence[str]) -> Dataset:
        """Return the rows of ``classes`` alone, which are numbered in the order given.

        Raises DataError for a name that is no class of this data set, one that is
        given twice, and fewer than two of them.
        """
        for name in classes:
            if name not in self.classes:
                raise DataError(f"class {name!r} is not known: use {', '.join(self.classes)}")
        if len(set(classes)) < max(2, len(classes)):
            raise DataError(f"classes {', '.join(classes)}: give two or more, each once")
        # From a label's number here to its number there; -1 where it is left out.
        place = np.array([classes.index(n) if n in classes else -1 for n in self.classes])

        def part(split: Split) -> Split:
            labels = place[split.labels]
            return replace(split, labels=labels).take(labels >= 0)

        parts = (part(self.train), part(self.validation), part(self.test))
        return Dataset(*parts, classes=tuple(classes), left_out=self.left_out)


def load(
    path: Path,
    votes_path: Path | None = None,
    *,
    labels: LabelKind = "fer2013",
    seed: int = 0,
    held_out: float = 0.1,
    reading: Reading | None = None,
) -> Dataset:
    """Read the data set at ``path``, with FER+ votes if a file of them is given.

    With ``labels`` "ferplus" the classes are FER+'s eight, an image's label is the
    majority of its votes, and images without a majority are left out.

    A data set without a validation split gets one here: ``held_out`` of each
    class of its training rows, drawn with ``seed``, and no image on both sides. That
    is not the seed of a training run: every run, and ``evaluate``, sees the same split.

    reading: how folders of images are read.

    Raises DataError, naming file and line, for a row that is broken.
    """
    if not path.exists():
        raise DataError(f"data set not found: {path}: give a FER2013 CSV or a folder of images")
    csvs = _csvs_at(path)
    rows = read_csvs(csvs) if csvs else read_folder(path, reading)
    votes = None if votes_path is None else read_votes(votes_path, rows.usages)
    if labels == "ferplus":
        if votes is None:
            raise DataError("labels of FER+ need its votes: give --votes fer2013new.csv")
        rows, votes = _by_majority(rows, votes)
        return _split(rows, votes.shares, FERPLUS_CLASSES, seed, held_out)
    return _split(rows, None if votes is None else votes.shares, LABELS, seed, held_out)


def hold_out(split: Split, share: float, seed: int) -> tuple[Split, Split]:
    """Return ``split`` in two: what is left, and ``share`` of each class that is held out.

    No image is in both.
    """
    usage = _stratified(split.images, split.labels, seed, share)
    return split.take(usage == "train"), split.take(usage == "validation")


def _by_majority(rows: Rows, votes: FerPlus) -> tuple[Rows, FerPlus]:
    majority = votes.majority
    kept = np.flatnonzero(majority >= 0)
    usages = [rows.usages[row] for row in kept]
    kept_rows = Rows(rows.images[kept], majority[kept], usages, rows.left_out)
    return kept_rows, FerPlus(votes.counts[kept])


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
            # A link that leads nowhere is left out when the folder is read, not here.
            if file.exists() or not path.is_dir():
                with file.open("rb") as content:
                    digest.update(hashlib.file_digest(content, "sha256").digest())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"cannot read {error.filename or path}: {reason}: give a file that is there"
        ) from error
    return {"name": path.absolute().name, "sha256": digest.hexdigest()}


def of_pictures(path: Path) -> bool:
    """Tell whether ``path`` is a folder that is read by its pictures, and not by a CSV in it."""
    return path.is_dir() and not _csvs_at(path)


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


def _split(
    rows: Rows, votes: Votes | None, classes: tuple[str, ...], seed: int, held_out: float
) -> Dataset:
    named = [SPLIT_NAMES[usage.lower()] if usage else "" for usage in rows.usages]
    if "" in named and any(named):
        raise DataError("some rows name a split and some do not: name it for all or for none")
    usage = np.array([name or "train" for name in named], dtype="<U10")
    held_here = not (usage == "validation").any()
    if held_here:
        # Selection needs a part of its own; the test split must not serve for it.
        inside = usage == "train"
        usage[inside] = _stratified(rows.images[inside], rows.labels[inside], seed, held_out)
    everything = Split(rows.images, rows.labels, votes)
    splits = []
    for name in SPLITS:
        part = everything.take(usage == name)
        own = sorted({u for u, n in zip(rows.usages, usage, strict=True) if n == name and u})
        origin = " and ".join(own)
        if name == "validation" and held_here:
            origin = f"{held_out:.0%} of {origin or 'the data'}, held out"
        splits.append(Split(part.images, part.labels, part.votes, origin))
    return Dataset(splits[0], splits[1], splits[2], classes, rows.left_out)


def _stratified(images: Images, labels: Labels, seed: int, held_out: float) -> npt.NDArray[np.str_]:
    """Return "train" or "validation" for each row, ``held_out`` of each class.

    Images that are the same, byte by byte, stay together: else the validation would
    ask for what was learned by heart. A class of two different images or more has at
    least one on either side.
    """
    group = groups(images)
    firsts = np.unique(group)
    held = [firsts[:0]]
    generator = np.random.default_rng(seed)
    for label in np.unique(labels[firsts]):
        rows = generator.permutation(firsts[labels[firsts] == label])
        held.append(rows[: max(round(len(rows) * held_out), int(len(rows) > 1))])
    return np.where(np.isin(group, np.concatenate(held)), "validation", "train")
