"""FER+: ten people's votes on each image of FER2013 (Barsoum et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.fer2013 import Labels, Votes, whole_number
from training.labels import FERPLUS_LABELS
from training.tables import rows

_COLUMNS = (*FERPLUS_LABELS, "unknown", "nf")


@dataclass(frozen=True)
class FerPlus:
    """The votes on images, in their order.

    counts: int64 (n, 10), taggers for each of ``FERPLUS_LABELS``, for "unknown"
        and for "not a face".
    """

    counts: npt.NDArray[np.int64]

    @property
    def shares(self) -> Votes:
        """float32 (n, 8): the share of each of ``FERPLUS_LABELS``; zeros where nobody saw one."""
        counts = self.counts[:, : len(FERPLUS_LABELS)].astype(np.float32)
        total = counts.sum(axis=1, keepdims=True)
        shares: Votes = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
        return shares

    @property
    def majority(self) -> Labels:
        """int64 (n,): indices into ``FERPLUS_LABELS``; -1 where the votes give no majority.

        As FER+'s authors count it: single votes are dropped as slips, and an
        emotion needs more than half of the others, "unknown" and "not a face"
        among them.
        """
        counts = np.where(self.counts > 1, self.counts, 0)
        best = counts.argmax(axis=1)
        enough = 2 * counts.max(axis=1) > counts.sum(axis=1)
        return np.where(enough & (best < len(FERPLUS_LABELS)), best, -1)


def read_votes(path: Path, usages: list[str]) -> FerPlus:
    """Read FER+'s ``fer2013new.csv``: same rows, same order as the images.

    usages: the Usage of each image, "" where none is known.

    Raises DataError for a broken row, and where the rows are not those of the images.
    """
    votes: list[list[int]] = []
    for line, row in rows(path):
        try:
            votes.append([_parse_count(row, name) for name in _COLUMNS])
        except ValueError as error:
            raise DataError(f"{path}, line {line}: {error}") from error
        expected = usages[len(votes) - 1] if len(votes) <= len(usages) else ""
        usage = row.get("usage", "").strip()
        if usage and expected and usage.lower() != expected.lower():
            raise DataError(
                f"{path}, line {line}: Usage {usage}, but the image of this row is of "
                f"{expected}: the votes must be in the order of the images"
            )
    if len(votes) != len(usages):
        raise DataError(f"{path}: {len(votes)} rows of votes for {len(usages)} images")
    return FerPlus(np.array(votes, dtype=np.int64).reshape(-1, len(_COLUMNS)))


def _parse_count(row: dict[str, str], name: str) -> int:
    if name not in row:
        raise ValueError(f"no column {name!r} of votes")
    count = whole_number(row[name], f"the count of {name}")
    if count < 0:
        raise ValueError(f"the count of {name} is {count}, below 0")
    return count
