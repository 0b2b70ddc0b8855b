"""training/progress.py and the patience of training/keep.py."""

from __future__ import annotations

import pytest

from training.keep import out_of_patience
from training.progress import best_epoch, epoch_line


def history(*accuracies: float) -> list[dict[str, float]]:
    return [
        {"epoch": float(i), "loss": 2.5, "accuracy": 0.4, "val_loss": 2.25, "val_accuracy": a}
        for i, a in enumerate(accuracies, start=1)
    ]


def test_the_line_says_how_it_stands() -> None:
    assert epoch_line(history(0.5, 0.375), 50) == (
        "epoch  2/50  loss 2.500 (validation 2.250)"
        "  accuracy 40.00% (validation 37.50%, best 50.00% in epoch 1)"
    )


def test_of_equals_the_first_is_the_best() -> None:
    assert best_epoch(history(0.1, 0.3, 0.3)) == 2
    assert best_epoch([]) == 0


@pytest.mark.parametrize(
    ("accuracies", "patience", "stops"),
    [
        ((0.3, 0.2), 1, True),
        ((0.3, 0.3), 1, True),
        ((0.3, 0.2), 2, False),
        ((0.3, 0.2, 0.1), 2, True),
        ((0.3, 0.2, 0.4), 1, False),
        ((0.3, 0.2, 0.1, 0.1), 0, False),
        ((), 3, False),
    ],
)
def test_patience_counts_epochs_that_bring_nothing(
    accuracies: tuple[float, ...], patience: int, stops: bool
) -> None:
    assert out_of_patience(history(*accuracies), patience) is stops
