"""What ``evaluate`` does with several data sets, or with degraded copies of one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.subject import Subject

if TYPE_CHECKING:
    from training.classifier import Classifier
    from training.data import Dataset, LabelKind, Reading
    from training.domains import Domain


@dataclass(frozen=True)
class DataSets:
    """The data sets that a command names, and how they are read.

    paths: by the name of each, at least one.
    votes: FER+ votes, for a single one alone.
    split: the one asked for; None for the usual one.
    """

    paths: Mapping[str, Path]
    votes: Path | None
    labels: LabelKind
    split: str | None
    classes: tuple[str, ...]
    reading: Reading

    def __post_init__(self) -> None:
        if self.votes is not None and len(self.paths) > 1:
            raise ConfigError(f"--votes {self.votes}: for a single --data, not for several")

    def load(self, path: Path) -> tuple[Dataset, Subject]:
        """Read a data set and choose what of it is measured.

        Without a split of its own a single set has a tenth held out, as in training; where
        several are compared all of it is measured: a model of elsewhere has seen none.
        """
        from training.data import load

        dataset = load(path, self.votes, labels=self.labels, reading=self.reading)
        notes = []
        held_here = dataset.validation.origin.endswith("held out")
        split = self.split or ("test" if len(dataset.test) else "validation")
        if self.split is None and split == "validation":
            if held_here and len(self.paths) > 1:
                split = "all"
            else:
                notes.append("; the data has no test split")
                notes += ["; --split all measures all of it"] if held_here else []
        if self.labels == "ferplus":
            notes.append("; labels are the majority of FER+ votes")
        return dataset, Subject(split, "".join(notes), classes=self.classes)


def given_sets(given: list[str]) -> dict[str, Path]:
    """Return the data sets that are given as ``PATH`` or ``NAME=PATH``, by their names.

    Raises ConfigError for a name that is given twice.
    """
    from training.domains import names_of

    named: dict[str, Path] = {}
    plain = [Path(text) for text in given if _name(text) is None]
    names = iter(names_of(plain))
    for text in given:
        own = _name(text)
        name, path = own or next(names), Path(text if own is None else text.partition("=")[2])
        if name in named:
            raise ConfigError(f"--data {text}: the name {name!r} is taken: give NAME=PATH")
        named[name] = path
    return named


def one_file(arguments: argparse.Namespace) -> Path:
    """Return the only data set of ``arguments``; raises ConfigError where there are several."""
    paths = list(given_sets(arguments.data).values())
    if len(paths) > 1:
        raise ConfigError(
            f"{len(paths)} data sets: of a network that reads no faces one is measured at a time"
        )
    return paths[0]


def _name(text: str) -> str | None:
    """Return the name in "NAME=PATH"; None where the whole of it is a path."""
    name, equals, _ = text.partition("=")
    return name.strip() or None if equals and not Path(text).exists() else None


def compare_and_draw(
    classifier: Classifier,
    sets: DataSets,
    out: Path,
    about: Mapping[str, object],
    *,
    degraded: bool,
) -> None:
    """Print how ``classifier`` does on each data set, and write it and a picture into ``out``.

    degraded: measure copies of the first that have lost something, too.
    """
    from training.domain_picture import draw_comparison
    from training.domain_report import markdown, report
    from training.domains import compare
    from training.left_out import LEFT_OUT, write
    from training.run_folder import write_json

    comparison = compare(classifier, _domains(sets, degraded=degraded))
    print(report(comparison))
    out.mkdir(parents=True, exist_ok=True)
    figures, table, picture = (out / f"comparison.{kind}" for kind in ("json", "md", "png"))
    write_json(figures, dict(about) | comparison.to_dict())
    table.write_text(markdown(comparison), encoding="utf-8")
    draw_comparison(comparison, picture)
    print(f"\nPicture: {picture}\nTable: {table}\nFigures: {figures}")
    if left_out := [one for domain in comparison.domains for one in domain.left_out]:
        write(left_out, out / LEFT_OUT)
        print(f"Left out: {out / LEFT_OUT}")


def _domains(sets: DataSets, *, degraded: bool) -> Iterator[Domain]:
    from training.domains import Domain
    from training.domains import degraded as copies_of

    for number, (name, path) in enumerate(sets.paths.items()):
        domain = Domain(name, *sets.load(path))
        yield domain
        if degraded and not number:
            yield from copies_of(domain)
