"""Pictures of a run: its learning curves and its confusions.

Drawn on matplotlib's own canvas without ``pyplot``, so no display is asked for
and nothing global is left behind. Colours are of Okabe and Ito's palette and of
``cividis``, which people with any colour vision can tell apart.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training.metrics import Scores

_TRAIN, _VALIDATION, _BEST = "#E69F00", "#0072B2", "#009E73"


def draw_confusion(scores: Scores, title: str, path: Path) -> None:
    """Write the table of confusions to ``path`` as PNG.

    Each row is one true label; a cell has the share of its row, and the count.
    """
    shares = scores.confusion / scores.support.clip(min=1)[:, None]
    figure = Figure(figsize=(8, 7.2), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for row in range(len(scores.classes)):
        for column in range(len(scores.classes)):
            share, count = shares[row, column], scores.confusion[row, column]
            axes.text(
                column, row, f"{share:.0%}\n{count}", ha="center", va="center",
                color="black" if share > 0.55 else "white", fontsize=10,
                fontweight="bold" if row == column else "normal",
            )  # fmt: skip
    pairs = zip(scores.classes, scores.support, strict=True)
    names = [f"{label}\n({images})" for label, images in pairs]
    axes.set_xticks(range(len(scores.classes)), scores.classes)
    axes.set_yticks(range(len(scores.classes)), names)
    axes.set_xlabel("read as")
    axes.set_ylabel("labelled (number of images)")
    axes.set_title(title, fontsize=12)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, shrink=0.8, format=PercentFormatter(1.0))
    bar.set_label("share of the row")
    bar.outline.set_visible(False)
    figure.savefig(path, dpi=120, format="png")


def draw_curves(history: list[dict[str, float]], title: str, path: Path) -> None:
    """Write loss, accuracy and learning rate over the epochs of ``history`` to ``path`` as PNG."""
    figure = Figure(figsize=(8, 8), layout="constrained")
    accuracy, loss, rate = figure.subplots(3, 1, sharex=True, height_ratios=[3, 3, 1.2])
    epochs = [row["epoch"] for row in history]
    _pair(accuracy, epochs, history, "accuracy")
    _pair(loss, epochs, history, "loss")
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    accuracy.set_ylabel("accuracy")
    loss.set_ylabel("loss")
    rate.plot(epochs, [row["learning_rate"] for row in history], color="0.35", marker=_dot(epochs))
    rate.set_ylabel("learning rate")
    rate.set_xlabel("epoch")
    rate.xaxis.set_major_locator(MaxNLocator(integer=True))
    best = max(history, key=lambda row: row["val_accuracy"])
    accuracy.plot(
        best["epoch"], best["val_accuracy"], "D", color=_BEST, zorder=3,
        label=f"best: {best['val_accuracy']:.2%} in epoch {best['epoch']:.0f}",
    )  # fmt: skip
    accuracy.legend(frameon=False, loc="lower right")
    loss.legend(frameon=False, loc="upper right")
    for axes in (accuracy, loss, rate):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    accuracy.set_title(title, fontsize=12)
    figure.savefig(path, dpi=120, format="png")


def _pair(axes: Axes, epochs: list[float], history: list[dict[str, float]], name: str) -> None:
    # Not the same thing twice: training figures are of the changed images, with
    # dropout, and of the weights of the moment.
    train = [row[name] for row in history]
    validation = [row[f"val_{name}"] for row in history]
    marker = _dot(epochs)
    axes.plot(epochs, train, "--", color=_TRAIN, marker=marker, label="training (augmented)")
    axes.plot(
        epochs, validation, color=_VALIDATION, marker=marker, label="validation (averaged weights)"
    )


def _dot(epochs: list[float]) -> str:
    """Return the marker of a curve: a line of one epoch would not be seen."""
    return "o" if len(epochs) < 4 else ""
