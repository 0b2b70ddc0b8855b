"""How well a model reads a split that it has not learned from."""

from __future__ import annotations

import numpy as np

from training.classifier import Classifier
from training.data import Split
from training.errors import DataError
from training.metrics import Scores


def evaluate(classifier: Classifier, split: Split, classes: tuple[str, ...]) -> Scores:
    """Return the figures on ``split``, which has at least one row; its classes are ``classes``.

    Where the classifier has others too, the likeliest of ``classes`` is its answer.

    Raises DataError where it does not know one of them.
    """
    unknown = [name for name in classes if name not in classifier.classes]
    if unknown:
        raise DataError(
            f"{classifier.name} does not know {', '.join(unknown)}: "
            f"it reads {', '.join(classifier.classes)}"
        )
    columns = [classifier.classes.index(name) for name in classes]
    answers = classifier.logits(split.images)[:, columns].argmax(axis=1)
    return Scores.of(split.labels, answers.astype(np.int64), classes)


def report(
    scores: Scores, split_name: str, origin: str, note: str = "", called: str = "test"
) -> str:
    """Return the figures as people read them.

    called: what the first line calls the split; the second says which it is.
    """
    of = f"{origin} ({split_name} split)" if origin else f"{split_name} split"
    lines = [
        f"Accuracy on {called} set: {scores.accuracy:.0%}",
        f"{of}: {scores.images:,} images, {scores.accuracy:.2%} right{note}",
        "",
        f"{'':10}{'precision':>10}{'recall':>10}{'F1':>10}{'images':>10}",
    ]
    columns = (scores.precision, scores.recall, scores.f1)
    for i, label in enumerate(scores.classes):
        cells = "".join(f"{column[i]:>10.1%}" for column in columns)
        lines.append(f"{label:10}{cells}{scores.support[i]:>10,}")
    lines += ["", f"macro F1: {scores.macro_f1:.1%}"]
    pairs = scores.most_confused(5)
    if pairs:
        lines += ["most confused:"]
        lines += [f"  {a} taken for {b}: {n} ({share:.0%} of {a})" for a, b, n, share in pairs]
    return "\n".join(lines)
