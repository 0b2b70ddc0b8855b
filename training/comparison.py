"""A face beside the one that was made of it, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter

from device.records import Grey
from training.answers import Answer

# Of Okabe and Ito's palette, which people with any colour vision can tell apart.
_COLOURS = ("#0072B2", "#E69F00")


@dataclass(frozen=True, eq=False)
class Shown:
    """A face, uint8 (48, 48), and what each reader, by its name, says of it."""

    face: Grey
    answers: dict[str, Answer]


def magnify(before: Grey, after: Grey) -> tuple[Grey, int]:
    """Return the difference as a picture, and how many times it is magnified.

    Mid-grey, 128, is no change; the factor is the largest that loses nothing.
    """
    difference = after.astype(np.int64) - before
    factor = 127 // max(1, int(np.abs(difference).max()))
    return (128 + factor * difference).astype(np.uint8), factor


def draw_comparison(before: Shown, after: Shown, changed: str, path: Path) -> None:
    """Write both faces, their difference and all readings to ``path`` as PNG.

    changed: lines that say by how much the faces differ.
    """
    figure = Figure(figsize=(11, 6.2), layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1))
    axes = figure.subplots(2, 3, height_ratios=[1.7, 1])
    difference, factor = magnify(before.face, after.face)
    _picture(axes[0, 0], before.face, "input")
    _picture(axes[0, 1], difference, f"difference, magnified {factor} times")
    _picture(axes[0, 2], after.face, "hacked")
    _bars(axes[1, 0], before.answers)
    axes[1, 1].axis("off")
    axes[1, 1].text(0.5, 0.9, changed, ha="center", va="top", fontsize=11, linespacing=1.6)
    _bars(axes[1, 2], after.answers)
    figure.savefig(path, dpi=120, format="png")


def _picture(axes: Axes, picture: npt.NDArray[np.uint8], title: str) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(title, fontsize=12)
    axes.set_axis_off()


def _bars(axes: Axes, answers: dict[str, Answer]) -> None:
    """Draw the probability of each emotion; the order is that of the first reader."""
    emotions = list(next(iter(answers.values())).probabilities)
    width = 0.8 / len(answers)
    for i, (name, answer) in enumerate(answers.items()):
        places = np.arange(len(emotions)) + (i + 0.5) * width - 0.4
        heights = [answer.probabilities.get(emotion, 0.0) for emotion in emotions]
        axes.bar(places, heights, width, color=_COLOURS[i % 2], label=f"{name}: {answer}")
    axes.set_xticks(range(len(emotions)), emotions, rotation=35, ha="right")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=10, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
