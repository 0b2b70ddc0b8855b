"""``python -m training evaluate``: measure a model."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.shared import add_data, class_names
from training.subject import Subject as Subject

if TYPE_CHECKING:
    from training.classifier import Classifier
    from training.data import Dataset, LabelKind
    from training.evaluate import Evaluation

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
    add(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where pictures and figures go (default: a folder in runs/)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the figures of ``arguments.model`` and draw them."""
    from training.classifier import load_classifier
    from training.data import fingerprint, load

    classifier = load_classifier(arguments.model)
    labels: LabelKind = arguments.labels or "fer2013"
    dataset = load(arguments.data, arguments.votes, labels=labels)
    split = arguments.split or ("test" if len(dataset.test) else "validation")
    notes = [] if arguments.split or split == "test" else ["; the data has no test split"]
    if labels == "ferplus":
        notes.append("; labels are the majority of FER+ votes")
    subject = Subject(split, "".join(notes), classes=class_names(arguments.classes))
    about = {"name": classifier.name, "model": fingerprint(arguments.model), "labels_of": labels}
    out = arguments.out or Path("runs") / _folder(arguments.model, classifier, subject, labels)
    evaluate_and_draw(classifier, dataset, subject, out, about)


def _folder(model: Path, classifier: Classifier, subject: Subject, labels: str) -> str:
    """Return a name of its own for each evaluation: none should overwrite another."""
    kind = model.suffix.removeprefix(".").lower()
    other_labels = [labels] if labels != "fer2013" else []
    return "-".join(
        ["evaluate", classifier.name, kind, subject.split, *other_labels, *subject.classes]
    )


def evaluate_and_draw(
    classifier: Classifier,
    dataset: Dataset,
    subject: Subject,
    out: Path,
    about: Mapping[str, object],
) -> None:
    """Print the figures, and write them and their pictures into ``out``.

    about: what else ``metrics.json`` should say.
    """
    from training.evaluate import evaluate
    from training.report import report
    from training.run_folder import write_json

    evaluation = evaluate(classifier, dataset, subject)
    print(report(evaluation, subject))
    out.mkdir(parents=True, exist_ok=True)
    confusion, reliability = out / "confusion_matrix.png", out / "reliability.png"
    figures = out / "metrics.json"
    _draw(evaluation, f"{classifier.name} on {_of(evaluation, subject)}", confusion, reliability)
    what = {"split": subject.split, "origin": evaluation.origin}
    what |= {"note": subject.note.removeprefix("; ")}
    write_json(figures, what | dict(about) | evaluation.to_dict())
    print(f"\nConfusion matrix: {confusion}\nReliability: {reliability}\nFigures: {figures}")


def _of(evaluation: Evaluation, subject: Subject) -> str:
    chosen, left_out = len(evaluation.scores.classes), len(evaluation.left_out)
    some = f", {chosen} of {chosen + left_out} classes" if left_out else ""
    return f"{evaluation.origin or subject.split}{some}"


def _draw(evaluation: Evaluation, title: str, confusion: Path, reliability: Path) -> None:
    from training.pictures import draw_confusion, draw_reliability

    scores, bins = evaluation.scores, evaluation.reliability
    draw_confusion(scores, f"{title} ({scores.accuracy:.2%} right)", confusion)
    error = f"expected calibration error {bins.error:.2%}"
    draw_reliability(bins, f"{title} ({error})", reliability)
