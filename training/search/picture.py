"""The picture of a study: accuracy against cost, and which trials nothing dominates."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.search.table import on_front
from training.search.tried import BASELINE, CONFIRM, Tried

# Of Okabe and Ito's palette, as all pictures of a run.
_TRIAL, _FRONT, _BASELINE, _CONFIRM = "0.72", "#0072B2", "#E69F00", "#009E73"


def draw_front(tried: Sequence[Tried], title: str, path: Path) -> None:
    """Write accuracy against MACs and against bytes of all complete trials to ``path`` as PNG."""
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    complete = [one for one in tried if one.complete]
    for axes, cost, unit in ((left, "macs", 1e6), (right, "size_bytes", 1e3)):
        _draw(axes, complete, on_front(tried), cost, unit)
    left.set_xlabel("multiply-accumulates, millions")
    right.set_xlabel("int8 file, kB")
    left.set_ylabel("accuracy on the held-out part of Training")
    left.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.suptitle(title, fontsize=12)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    partial = path.with_name(f"partial-{os.getpid()}-{path.name}")
    figure.savefig(partial, dpi=110, format="png")
    os.replace(partial, path)


def _draw(
    axes: Axes, complete: Sequence[Tried], best: Sequence[Tried], cost: str, unit: float
) -> None:
    def places(some: Sequence[Tried]) -> tuple[list[float], list[float]]:
        return [getattr(one, cost) / unit for one in some], [one.accuracy for one in some]

    axes.scatter(*places(complete), color=_TRIAL, s=18, label="trial")
    # Seen by one cost alone, what the other has put on the front may lie below the line.
    highest: list[Tried] = []
    for one in sorted(best, key=lambda one: (getattr(one, cost), -one.accuracy)):
        if not highest or one.accuracy > highest[-1].accuracy:
            highest.append(one)
    axes.step(*places(highest), where="post", color=_FRONT, linewidth=1)
    axes.scatter(*places(best), color=_FRONT, s=30, zorder=3, label="on the front")
    for role, colour, mark, label in (
        (BASELINE, _BASELINE, "*", "baseline"),
        (CONFIRM, _CONFIRM, "D", "tried again, without others' weights"),
    ):
        some = [one for one in complete if one.role == role]
        if some:
            axes.scatter(
                *places(some), color=colour, marker=mark, s=90 if mark == "*" else 30, zorder=4,
                label=label,
            )  # fmt: skip
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
