"""What is evaluated, and how people are told of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """What an evaluation is of.

    split: the name of the split, one of ``training.data.SPLITS``.
    note: what the second line of the report adds about it.
    called: what the first line calls it.
    classes: the classes to choose between; none stands for all that model and data share.
    """

    split: str
    note: str = ""
    called: str = "test"
    classes: tuple[str, ...] = ()
