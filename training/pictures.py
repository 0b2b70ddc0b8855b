"""Pictures of a run: its learning curves, its confusions, and how far to trust it.

Drawn on matplotlib's own canvas without ``pyplot``, so no display is asked for
and nothing global is left behind. Colours are of Okabe and Ito's palette and of
``cividis``, which people with any colour vision can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training.calibration import BINS, Reliability, Shares
from training.metrics import Scores

ORANGE, BLUE, _GREEN, _GREY = "#E69F00", "#0072B2", "#009E73", "0.35"
_TRAIN, _VALIDATION, _BEST = ORANGE, BLUE, _GREEN
DPI = 120
# Up to so many epochs each has its dot; more of them hide the line.
_MOST_DOTS = 20
# So low a rate changes no weight.
_NO_RATE = 1e-9

History = list[dict[str, float]]


def draw_confusion(scores: Scores, title: str, path: Path) -> None:
    """Write the table of confusions to ``path`` as PNG.

    Each row is one true label; a cell has the share of its row, and the count.
    """
    shares = scores.confusion / scores.support.clip(min=1)[:, None]
    count = len(scores.classes)
    # A cell of 0.85 inches holds its two lines; a title needs some width by itself.
    side = max(5.2, 1.6 + 0.85 * count)
    figure = Figure(figsize=(side + 1, side + 0.1), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    _fill_cells(axes, scores, shares)
    pairs = zip(scores.classes, scores.support, strict=True)
    axes.set_xticks(range(count), scores.classes)
    axes.set_yticks(range(count), [f"{label}\n({images})" for label, images in pairs])
    axes.set_xlabel("read as")
    axes.set_ylabel("labelled (number of images)")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=12)
    bar = figure.colorbar(image, shrink=0.8, format=PercentFormatter(1.0))
    bar.set_label("share of the row")
    bar.outline.set_visible(False)
    # The cells are squares, so some of the figure's height or width is left over: cut off.
    figure.savefig(path, dpi=DPI, format="png", bbox_inches="tight", pad_inches=0.15)


def _fill_cells(axes: Axes, scores: Scores, shares: Shares) -> None:
    for (row, column), share in np.ndenumerate(shares):
        told = f"{share:.0%}\n{scores.confusion[row, column]}" if scores.support[row] else "-"
        axes.text(
            column, row, told, ha="center", va="center", fontsize=10,
            color="black" if share > 0.55 else "white",
            fontweight="bold" if row == column else "normal",
        )  # fmt: skip


def draw_reliability(bins: Reliability, title: str, path: Path) -> None:
    """Write to ``path`` as PNG how often answers of each probability are right.

    Above, for each bin, the share of right answers and the mean probability, which
    should be the same; below, how many answers the bin has.
    """
    figure = Figure(figsize=(7, 7.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    _draw_bins(above, bins)
    centres = (np.arange(BINS) + 0.5) / BINS
    below.bar(centres, bins.images, width=0.9 / BINS, color=_GREY)
    below.set_ylabel("images")
    below.set_xlabel("probability of the answer")
    below.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    below.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    below.set_xlim(0, 1)
    for axes in (above, below):
        plain(axes)
    figure.suptitle(title, fontsize=12)
    figure.savefig(path, dpi=DPI, format="png")


def _draw_bins(axes: Axes, bins: Reliability) -> None:
    there = bins.images > 0
    centres = ((np.arange(BINS) + 0.5) / BINS)[there]
    right, said = bins.right[there], bins.probability[there]
    half = 0.45 / BINS
    axes.bar(centres, right, width=2 * half, color=BLUE, label="share that is right")
    axes.plot([0, 1], [0, 1], "--", color=_GREY, linewidth=1)
    axes.hlines(
        said, centres - half, centres + half, color=ORANGE, linewidth=4,
        label="share that should be: the mean probability",
    )  # fmt: skip
    axes.errorbar(
        centres, right, yerr=np.sqrt(right * (1 - right) / bins.images[there]), fmt="none",
        ecolor="black", elinewidth=1, capsize=2, label="standard error",
    )  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of right answers")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(frameon=False, loc="upper left")


@dataclass(frozen=True)
class Curve:
    """The figure that selects the epoch.

    name: of its column in the history. label: for people. share: whether it is a share, 0-1.
    falls: whether less is better. least: what the axis spans at the least.
    """

    name: str
    label: str
    share: bool = False
    falls: bool = False
    least: float = 0.1

    def best(self, history: History) -> tuple[float, float]:
        """Return the first epoch of those with the best validation, and that."""
        sign = -1 if self.falls else 1
        row = max(history, key=lambda row: sign * row[f"val_{self.name}"])
        return row["epoch"], row[f"val_{self.name}"]


ACCURACY = Curve("accuracy", "accuracy", share=True)


def draw_curves(history: History, title: str, path: Path, selects: Curve = ACCURACY) -> None:
    """Write loss, accuracy and learning rate over the epochs of ``history`` to ``path`` as PNG.

    ``history`` has a row for each epoch, and at least one.
    selects: what is drawn in place of the accuracy, where that selects the epoch.
    """
    figure = Figure(figsize=(8, 8), layout="constrained")
    accuracy, loss, rate = figure.subplots(3, 1, sharex=True, height_ratios=[3, 3, 1.2])
    _pair(accuracy, history, selects)
    _pair(loss, history, Curve("loss", "loss"))
    _mark_best(accuracy, history, selects)
    epochs = [row["epoch"] for row in history]
    rates = [row["learning_rate"] for row in history]
    rate.plot(epochs, rates, color=_GREY, marker=_dot(history))
    rate.set_ylabel("learning rate")
    # A run of one epoch has the rate at its end alone, which is next to nothing.
    rate.set_ylim(0, 1.15 * max(rates) if max(rates) > _NO_RATE else 1)
    rate.set_xlabel("epoch")
    rate.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    # Half an epoch of room: a dot should lie on no edge, and one alone in the middle.
    rate.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    if selects.share:
        accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    for axes in (accuracy, loss, rate):
        plain(axes)
    figure.suptitle(title, fontsize=12)
    # Outside, where no curve runs under it.
    figure.legend(*accuracy.get_legend_handles_labels(), loc="outside lower center", ncols=3,
                  frameon=False)  # fmt: skip
    figure.savefig(path, dpi=DPI, format="png")


def _pair(axes: Axes, history: History, what: Curve) -> None:
    # Not the same thing twice: training figures are of the changed images, with
    # dropout, and of the weights of the moment.
    epochs = [row["epoch"] for row in history]
    train = [row[what.name] for row in history]
    validation = [row[f"val_{what.name}"] for row in history]
    dot = _dot(history)
    axes.plot(epochs, train, "--", color=_TRAIN, marker=dot, label="training (augmented)")
    axes.plot(
        epochs, validation, color=_VALIDATION, marker=dot, label="validation (averaged weights)"
    )
    axes.set_ylabel(what.label)
    _widen(axes, what.least)


def _widen(axes: Axes, least: float) -> None:
    """Let the axis span ``least`` or more: a step of a hair should not look like a cliff."""
    low, high = axes.get_ylim()
    missing = least - (high - low)
    if missing > 0:
        axes.set_ylim(low - missing / 2, high + missing / 2)


def _mark_best(axes: Axes, history: History, what: Curve) -> None:
    epoch, best = what.best(history)
    axes.plot(
        epoch, best, "D", color=_BEST, fillstyle="none", markersize=11,
        markeredgewidth=2, zorder=3, clip_on=False,
        label=f"best: {best:{'.2%' if what.share else '.3f'}} in epoch {epoch:.0f}",
    )  # fmt: skip


def _dot(history: History) -> str:
    """Return the marker of a curve: a line of one epoch would not be seen."""
    return "o" if len(history) <= _MOST_DOTS else ""


def plain(axes: Axes) -> None:
    """Leave of the frame what is read: two sides and a faint grid."""
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
