"""What people read of a comparison: a table for a terminal, and one in Markdown."""

from __future__ import annotations

from training.domains import Comparison, Measured
from training.left_out import reasons

_FIGURES = ("images", "left out", "accuracy", "±", "loses", "ECE", "recall")


def report(comparison: Comparison) -> str:
    """Return the comparison as lines of text, a row for each domain."""
    rows = _rows(comparison)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return "\n".join([*lines, "", *notes(comparison)])


def markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown."""
    header, *rows = [[cell.replace("|", "\\|") for cell in row] for row in _rows(comparison)]
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    said = [f"- {line}" for line in (*notes(comparison), *_left_out(comparison))]
    return "\n".join([f"# {comparison.name}, side by side", "", *table, "", *said, ""])


def notes(comparison: Comparison) -> list[str]:
    """Return what the table leaves open: means, and what the model was not let choose."""
    home = comparison.home
    said = [
        f"loses: points of accuracy below {home.name}; ±: one standard error; "
        "recall: its mean over the classes, then that of each"
    ]
    said += [
        f"{name}: {accuracy:.2%} right, {100 * (home.accuracy - accuracy):.2f} points below "
        f"{home.name}; calibration error {error:.2%}"
        for name, (accuracy, error) in comparison.means().items()
    ]
    for domain in comparison.domains:
        if domain.evaluation.left_out:
            said.append(
                f"{domain.name}: the model was not let choose "
                f"{', '.join(domain.evaluation.left_out)}"
            )
    return said


def _left_out(comparison: Comparison) -> list[str]:
    """Return why images were left out; who ran the command was told while they were read."""
    return [
        f"{domain.name}: {count:,} left out: {reason}"
        for domain in comparison.domains
        for reason, count in reasons(domain.left_out).items()
    ]


def _rows(comparison: Comparison) -> list[list[str]]:
    header = ["", *_FIGURES, *comparison.classes]
    return [header, *(_row(domain, comparison) for domain in comparison.domains)]


def _row(domain: Measured, comparison: Comparison) -> list[str]:
    loss = 100 * (comparison.home.accuracy - domain.accuracy)
    recalls = [domain.recall(label) for label in comparison.classes]
    return [
        domain.name,
        f"{domain.evaluation.scores.images:,}",
        f"{len(domain.left_out):,}",
        f"{domain.accuracy:.2%}",
        f"{domain.standard_error:.2%}",
        "" if domain is comparison.home else f"{loss:.2f}",
        f"{domain.error:.2%}",
        f"{domain.mean_recall:.1%}",
        *("-" if recall is None else f"{recall:.0%}" for recall in recalls),
    ]
