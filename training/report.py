"""What people read of an evaluation."""

from __future__ import annotations

from training.calibration import BINS
from training.counted import counted
from training.evaluate import Evaluation
from training.metrics import CONFUSED, Scores
from training.subject import Subject


def report(evaluation: Evaluation, subject: Subject) -> str:
    """Return the figures of ``evaluation``, which is of ``subject``, as lines of text."""
    scores = evaluation.scores
    worst = scores.worst
    lines = [
        f"Accuracy on {subject.called} set: {scores.accuracy:.0%}",
        _rows(evaluation, subject),
        *_restriction(evaluation),
        *_repeated(evaluation),
        "",
        *_table(scores),
        "",
        f"macro F1: {scores.macro_f1:.1%}",
        f"worst recall: {scores.classes[worst]}, {scores.recall[worst]:.1%}",
        _calibration(evaluation),
        *_confused(scores),
    ]
    return "\n".join(lines)


def _rows(evaluation: Evaluation, subject: Subject) -> str:
    name = f"{subject.split} split" if subject.split != "all" else ""
    of = " ".join(filter(None, (evaluation.origin, f"({name})" if name else ""))) or name
    scores = evaluation.scores
    return f"{of}: {counted(scores.images, 'image')}, {scores.accuracy:.2%} right{subject.note}"


def _restriction(evaluation: Evaluation) -> list[str]:
    """Return what was left out: rows of the split, classes of the model, both or nothing."""
    scores, left_out = evaluation.scores, evaluation.left_out
    lines = []
    if scores.images < evaluation.images_in_split:
        why = "" if left_out else ": the model reads no other class"
        lines.append(
            f"only {', '.join(scores.classes)}: {scores.images:,} of "
            f"{evaluation.images_in_split:,} images{why}"
        )
    if left_out:
        chosen, known = len(scores.classes), len(scores.classes) + len(left_out)
        lines.append(
            f"probabilities renormalised over {chosen} of the model's {known} classes; "
            f"{evaluation.accuracy_among_all:.2%} right with all {known} to choose from"
        )
    return lines


def _repeated(evaluation: Evaluation) -> list[str]:
    repeated = evaluation.repeated
    if repeated is None or not repeated.images:
        return []
    if repeated.accuracy_without is None:
        return ["all of them stand in the training split as well"]
    return [
        f"{repeated.images:,} of them stand in the training split as well; "
        f"of the others {repeated.accuracy_without:.2%} are right"
    ]


def _table(scores: Scores) -> list[str]:
    lines = [f"{'':10}{'precision':>10}{'recall':>10}{'F1':>10}{'images':>10}"]
    columns = (scores.precision, scores.recall, scores.f1)
    for i, label in enumerate(scores.classes):
        # Of a class without images nothing was measured.
        told = [f"{column[i]:.1%}" if scores.support[i] else "-" for column in columns]
        cells = "".join(f"{cell:>10}" for cell in told)
        lines.append(f"{label:10}{cells}{scores.support[i]:>10,}")
    return lines


def _calibration(evaluation: Evaluation) -> str:
    bins = evaluation.reliability
    return (
        f"expected calibration error: {bins.error:.2%} (temperature {evaluation.temperature:.3f}, "
        f"{BINS} bins); mean probability {bins.mean_probability:.1%}, "
        f"{evaluation.scores.accuracy:.1%} right"
    )


def _confused(scores: Scores) -> list[str]:
    pairs = scores.most_confused(CONFUSED)
    lines = [f"  {a} taken for {b}: {n} ({share:.0%} of {a})" for a, b, n, share in pairs]
    return ["most confused:", *lines] if lines else []
