"""``python -m training evaluate``: measure a model."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from device.model_file import CLASSIFIER, LANDMARKS, MASK
from training.commands.compare import DataSets, compare_and_draw, given_sets
from training.commands.shared import add_data, class_names, folder_for
from training.reading_options import OPTIONS, add_reading, reading_of
from training.subject import Subject as Subject

if TYPE_CHECKING:
    from training.classifier import Classifier
    from training.data import Dataset, LabelKind
    from training.evaluate import Evaluation

HELP = "measure a .keras or .tflite model, which reads faces, finds points on them or marks them"
_OF_CLASSES = ("votes", "labels", "classes", "split", "degraded", *OPTIONS)
# The options that say nothing of a kind of network.
_MEANINGLESS = {
    CLASSIFIER: ("outlines",),
    LANDMARKS: (*_OF_CLASSES, "outlines"),
    MASK: _OF_CLASSES,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_data(parser, several=True)
    add_reading(parser)
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL", help="a .keras or .tflite file")
    add(
        "--outlines", type=Path, metavar="FILE",
        help="for a network of masks: the 68 points of the rows of --data",
    )  # fmt: skip
    add(
        "--split", choices=("train", "validation", "test", "all"),
        help="default: test where the data has it, else validation; of one that names no splits, "
        "all, but for what the model was trained on",
    )  # fmt: skip
    add(
        "--degraded", action="store_true",
        help="also measure copies of the (first) data that are blurred, noisy, dark, …",
    )  # fmt: skip
    add(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where pictures and figures go (default: a folder in runs/)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the figures of ``arguments.model`` and draw them."""
    from training.commands.outlines import measure_mask
    from training.commands.points import measure_points
    from training.kinds import kind_of

    kind = kind_of(arguments.model)
    given = [name for name in _MEANINGLESS.get(kind, ()) if getattr(arguments, name)]
    if given:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ConfigError(f"{named}: without a meaning for a model of {kind}: leave it out")
    measure = {LANDMARKS: measure_points, MASK: measure_mask}.get(kind, _measure_classifier)
    measure(arguments)


def _measure_classifier(arguments: argparse.Namespace) -> None:
    from training.classifier import load_classifier
    from training.data import fingerprint
    from training.face_pictures import framing_for
    from training.provenance import learned_from

    classifier = load_classifier(arguments.model)
    labels: LabelKind = arguments.labels or "fer2013"
    paths = given_sets(arguments.data)
    reading = reading_of(arguments, framing_for(arguments.model), paths.values())
    sets = DataSets(
        paths, arguments.votes, labels, arguments.split, class_names(arguments.classes), reading,
        learned_from(arguments.model),
    )  # fmt: skip
    about = {"name": classifier.name, "model": fingerprint(arguments.model), "labels_of": labels}
    more = ([labels] if labels != "fer2013" else []) + list(sets.classes)
    if len(sets.paths) > 1 or arguments.degraded:
        kind = "degraded" if arguments.degraded else "domains"
        out = folder_for(arguments, classifier.name, kind, *more)
        compare_and_draw(classifier, sets, out, about, degraded=arguments.degraded)
        return
    ((_, path),) = sets.paths.items()
    dataset, subject = sets.load(path)
    out = folder_for(arguments, classifier.name, subject.split, *more)
    evaluate_and_draw(classifier, dataset, subject, out, about)


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
    from training.left_out import LEFT_OUT, reasons, write
    from training.report import report
    from training.run_folder import write_json

    evaluation = evaluate(classifier, dataset, subject)
    print(report(evaluation, subject))
    out.mkdir(parents=True, exist_ok=True)
    confusion, reliability = out / "confusion_matrix.png", out / "reliability.png"
    figures = out / "metrics.json"
    _draw(evaluation, f"{classifier.name} on {_of(evaluation, subject)}", confusion, reliability)
    what: dict[str, object] = {"split": subject.split, "origin": evaluation.origin}
    what |= {"note": subject.note.removeprefix("; ")}
    if dataset.left_out:
        what |= {"left_out": reasons(dataset.left_out)}
        write(dataset.left_out, out / LEFT_OUT)
    write_json(figures, what | dict(about) | evaluation.to_dict())
    print(f"\nConfusion matrix: {confusion}\nReliability: {reliability}\nFigures: {figures}")
    if dataset.left_out:
        print(f"Left out: {out / LEFT_OUT}")


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
