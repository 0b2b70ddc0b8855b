"""A picture of one model on several domains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.domains import Comparison

# Okabe and Ito's palette, and cividis: people with any colour vision can tell them apart.
_ORANGE, _BLUE, _GREY = "#E69F00", "#0072B2", "0.35"
_DPI = 100


def draw_comparison(comparison: Comparison, path: Path) -> None:
    """Write to ``path`` as PNG, for each domain: accuracy, calibration error, recalls."""
    count = len(comparison.domains)
    figure = Figure(figsize=(12, 2.2 + 0.36 * count), layout="constrained")
    bars, recalls = figure.subplots(1, 2, width_ratios=[1, 1.15])
    _draw_bars(bars, comparison)
    _draw_recalls(recalls, comparison)
    figure.suptitle(f"{comparison.name}, side by side", fontsize=12)
    figure.savefig(path, dpi=_DPI, format="png")


def _draw_bars(axes: Axes, comparison: Comparison) -> None:
    domains = comparison.domains
    places = np.arange(len(domains))
    axes.barh(
        places - 0.18, [d.accuracy for d in domains], 0.36, color=_BLUE, label="accuracy",
        xerr=[d.standard_error for d in domains], error_kw={"capsize": 2, "elinewidth": 1},
    )  # fmt: skip
    axes.barh(places + 0.18, [d.error for d in domains], 0.36, color=_ORANGE,
              label="expected calibration error")  # fmt: skip
    axes.axvline(comparison.home.accuracy, color=_GREY, linestyle="--", linewidth=1)
    axes.set_yticks(places, [f"{d.name} ({d.evaluation.scores.images:,})" for d in domains])
    axes.invert_yaxis()
    axes.set_ylim(len(domains) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(alpha=0.25, axis="x")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2)


def _draw_recalls(axes: Axes, comparison: Comparison) -> None:
    shares = np.array(
        [
            [np.nan if (r := d.recall(label)) is None else r for label in comparison.classes]
            for d in comparison.domains
        ]
    )
    axes.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        text = "-" if np.isnan(share) else f"{share:.0%}"
        axes.text(column, row, text, ha="center", va="center", fontsize=9,
                  color="black" if not share < 0.55 else "white")  # fmt: skip
    axes.set_xticks(range(len(comparison.classes)), comparison.classes)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("recall of each class")
