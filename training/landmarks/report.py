"""What people read and see of a network of landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.landmarks.evaluate import SURE, TILTS_DEG, Evaluation
from training.landmarks.figures import Errors
from training.pictures import BLUE, DPI, Curve, plain

ERROR = Curve("error_px", "error, pixels of 96", falls=True, least=0.2)


def report(evaluation: Evaluation, name: str) -> str:
    """Return the figures of faces that are called ``name``, as lines of text."""
    errors = evaluation.errors
    tilts = " and ".join(f"{angle:+.0f}" for angle in TILTS_DEG)
    right_px, below_px = errors.beside_px
    order = np.argsort(errors.by_point)
    rows = [f"  {errors.names[at]:28}{errors.by_point[at]:>7.2%}" for at in order]
    return "\n".join(
        [
            f"Normalised mean error on {name}: {errors.nme:.2%} of the distance of the eyes",
            f"{errors.faces:,} faces, RMSE {errors.rmse_px:.3f} pixels of 96; "
            f"95 of 100 faces below {errors.worst:.2%}",
            f"labels lie {right_px:+.2f} px to the right of the points, {below_px:+.2f} below",
            f"turned by {tilts} degrees: {evaluation.tilted.nme:.2%}",
            f"confidence {SURE} or more: {evaluation.faces_sure:.2%} of the faces, upright and "
            f"turned, {evaluation.others_sure:.2%} of drawn pictures without one",
            "each point:",
            *rows,
        ]
    )


def draw_points(errors: Errors, title: str, path: Path) -> None:
    """Write each point's error to ``path`` as PNG, the most exact one on top."""
    order = np.argsort(errors.by_point)[::-1]
    figure = Figure(figsize=(8, 1.4 + 0.32 * len(order)), layout="constrained")
    axes = figure.add_subplot()
    names = [errors.names[at].replace("_", " ") for at in order]
    bars = axes.barh(names, errors.by_point[order], color=BLUE, height=0.7)
    axes.bar_label(
        bars, [f"{errors.by_point[at]:.1%}" for at in order], padding=4,
        # Over the line of the mean.
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, zorder=3,
    )  # fmt: skip
    axes.axvline(errors.nme, color="black", linewidth=1, linestyle="--")
    axes.set_xlabel(f"error, of the distance of the eyes; dashed: their mean, {errors.nme:.2%}")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, 1.15 * float(np.nanmax(errors.by_point)))
    axes.set_title(title, fontsize=12)
    plain(axes)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    figure.savefig(path, dpi=DPI, format="png")
