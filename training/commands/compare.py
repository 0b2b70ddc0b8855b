"""What ``evaluate`` does with several data sets, or with degraded copies of one."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.subject import Subject

log = logging.getLogger(__name__)

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
    learned: the SHA-256 of what the model was trained on, as far as it is known.
    """

    paths: Mapping[str, Path]
    votes: Path | None
    labels: LabelKind
    split: str | None
    classes: tuple[str, ...]
    reading: Reading
    learned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.votes is not None and len(self.paths) > 1:
            raise ConfigError(f"--votes {self.votes}: for a single --data, not for several")

    def load(self, path: Path) -> tuple[Dataset, Subject]:
        """Read a data set and choose what of it is measured.

        All is measured of a set without splits, unless the model has learned from it: then the
        tenth that training holds out. So it is where that is not known, and the set the only one.
        """
        from training.data import load

        dataset = load(path, self.votes, labels=self.labels, reading=self.reading)
        notes = []
        split = self.split or ("test" if len(dataset.test) else "validation")
        if self.split is None and split == "validation":
            held_here = dataset.validation.origin.endswith("held out")
            if held_here and self._is_foreign(path):
                split = "all"
                notes += ["; the model's run names other data"] if self.learned else []
            else:
                notes.append("; the data has no test split")
                if held_here:
                    log.warning(
                        "%s: a tenth is measured, as training holds it out: "
                        "--split all measures all of it", path,
                    )  # fmt: skip
        if self.labels == "ferplus":
            notes.append("; labels are the majority of FER+ votes")
        return dataset, Subject(split, "".join(notes), classes=self.classes)

    def _is_foreign(self, path: Path) -> bool:
        """Tell whether the model has not learned from ``path``."""
        from training.data import fingerprint

        if not self.learned:
            return len(self.paths) > 1
        return fingerprint(path)["sha256"] not in self.learned


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
