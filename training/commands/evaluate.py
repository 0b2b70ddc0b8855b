"""``python -m training evaluate``: measure a model."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.shared import add_data, class_names

if TYPE_CHECKING:
    from training.classifier import Classifier
    from training.data import Dataset

HELP = "measure a .keras or .tflite model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_data(parser)
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL", help="a .keras or .tflite file")
    add(
        "--split", choices=("train", "validation", "test"),
        help="default: test where the data has it, else validation",
    )  # fmt: skip
    add("--out", type=Path, metavar="FOLDER", help="where the picture and the figures go")


def run(arguments: argparse.Namespace) -> None:
    """Print the figures of ``arguments.model`` and draw its confusions."""
    from training.classifier import load_classifier
    from training.data import fingerprint, load

    classifier = load_classifier(arguments.model)
    dataset = load(arguments.data, arguments.votes, labels=arguments.labels or "fer2013")
    classes = class_names(arguments.classes)
    if classes:
        dataset = dataset.only(classes)
    split = arguments.split or ("test" if len(dataset.test) else "validation")
    note = "" if arguments.split or split == "test" else "; the data has no test split"
    out = arguments.out or Path("runs") / f"evaluate-{classifier.name}-{split}"
    about = {"model": fingerprint(arguments.model)}
    evaluate_and_draw(classifier, dataset, Subject(split, note), out, about)


@dataclass(frozen=True)
class Subject:
    """What an evaluation is of: a split, and how to speak of it."""

    split: str
    note: str = ""
    called: str = "test"


def evaluate_and_draw(
    classifier: Classifier,
    dataset: Dataset,
    subject: Subject,
    out: Path,
    about: Mapping[str, object],
) -> None:
    """Print the figures, and write them and their picture into ``out``."""
    from training.evaluate import evaluate, report
    from training.pictures import draw_confusion
    from training.run_folder import write_json

    split = dataset.split(subject.split)
    scores = evaluate(classifier, split, dataset.classes)
    print(report(scores, subject.split, split.origin, subject.note, subject.called))
    out.mkdir(parents=True, exist_ok=True)
    picture, figures = out / "confusion_matrix.png", out / "metrics.json"
    of = split.origin or subject.split
    draw_confusion(scores, f"{classifier.name} on {of} ({scores.accuracy:.2%} right)", picture)
    what = {"split": subject.split, "origin": split.origin, **about}
    write_json(figures, what | scores.to_dict())
    print(f"\nConfusion matrix: {picture}\nFigures: {figures}")
