"""The picture of a learning-rate range test."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.lr_find import RangeTest

# Of Okabe and Ito's palette, as all pictures of a run.
_CURVE, _SUGGESTED = "#0072B2", "#009E73"


def draw_range_test(found: RangeTest, title: str, path: Path) -> None:
    """Write loss against rate, with the suggested rate marked, to ``path`` as PNG."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    smoothed = found.smoothed
    axes.plot(found.rates, found.losses, color="0.75", linewidth=0.8, label="each batch")
    axes.plot(found.rates, smoothed, color=_CURVE, linewidth=2, label="smoothed")
    lowest = found.lowest
    axes.plot(
        found.rates[lowest], smoothed[lowest], "o", color=_CURVE, zorder=3,
        label=f"lowest: {smoothed[lowest]:.2f} at {found.rates[lowest]:.2g}",
    )  # fmt: skip
    axes.axvline(
        found.peak_rate, color=_SUGGESTED, linestyle="--",
        label=f"suggested, a tenth of that: peak_rate = {found.peak_rate:g}",
    )  # fmt: skip
    _dress(axes, found)
    axes.set_title(title, fontsize=12)
    figure.savefig(path, dpi=120, format="png")


def _dress(axes: Axes, found: RangeTest) -> None:
    axes.set_xscale("log")
    # Where the loss explodes it would press all the rest into a line.
    low, start = float(found.smoothed.min()), float(found.smoothed[0])
    axes.set_ylim(low - 0.25 * (start - low) - 0.05, start + 0.5 * (start - low) + 0.1)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
