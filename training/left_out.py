"""Pictures of a data set that were not used, and why."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = "left_out.csv"
# How many files of one reason people are told by name.
_NAMED = 3


@dataclass(frozen=True)
class LeftOut:
    """A picture that was not used. ``reason`` is the same for all that share it."""

    path: Path
    reason: str


def reasons(left_out: Sequence[LeftOut]) -> dict[str, int]:
    """Return how many pictures were left out for each reason, the most frequent first."""
    return dict(Counter(one.reason for one in left_out).most_common())


def lines(left_out: Sequence[LeftOut]) -> list[str]:
    """Return a line for each reason: how many, why, and the first few names."""
    said = []
    for reason, count in reasons(left_out).items():
        names = [one.path.name for one in left_out if one.reason == reason]
        more = ", …" if count > _NAMED else ""
        said.append(f"{count:,} left out: {reason} ({', '.join(names[:_NAMED])}{more})")
    return said


def write(left_out: Sequence[LeftOut], path: Path) -> None:
    """Write a table of all of them to ``path``: ``picture,reason``."""
    with path.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        table = csv.writer(file)
        table.writerow(("picture", "reason"))
        table.writerows((one.path, one.reason) for one in left_out)
