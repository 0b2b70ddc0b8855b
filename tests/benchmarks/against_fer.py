"""Mien beside the package that people install today, ``fer``, on the same film in one run.

    make bench

Prints a Markdown table, and writes it, and a picture of it, to a folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from device.bench import machine
from tests.benchmarks.process import started

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """A figure of both sides.

    must: how many times smaller Mien's must be, at least, or its limit; "" for none.
    """

    name: str
    mien: float
    fer: float | None
    must: str
    holds: bool
    unit: str


def main() -> int:
    """Measure both; return 1 where Mien does not hold what it must."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path, help="a film of one face")
    parser.add_argument("mien", type=Path, help="the folder of Mien's environment")
    parser.add_argument("fer", type=Path, help="the folder of fer's environment")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()
    film = str(options.film.resolve())
    python = str(options.mien.absolute() / "bin" / "python")
    mien = measured([python, "-m", "tests.benchmarks.mien_side", film])
    mien |= started([python, "-m", "device", "run", "--source", film, "--log", os.devnull])
    fer_python = str(options.fer.absolute() / "bin" / "python")
    fer = measured([fer_python, str(HERE / "fer_side.py"), film])
    mien["installed_mb"], fer["installed_mb"] = map(size_mb, (options.mien, options.fer))
    rows = compare(mien, fer)
    table = markdown(rows)
    print(table)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.md").write_text(table, encoding="utf-8")
    draw(rows, options.out / "bench.png")
    return 0 if all(row.holds for row in rows) else 1


def measured(command: list[str]) -> dict[str, float]:
    """Run one side; return its figures, with its start and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        start = started([*command, str(result)])
        return start | json.loads(result.read_text(encoding="utf-8"))


def size_mb(environment: Path) -> float:
    """Return what an environment takes on disk, its links not counted."""
    files = (path for path in environment.rglob("*") if not path.is_symlink() and path.is_file())
    return sum(path.stat().st_blocks * 512 for path in files) / 1e6


def compare(mien: dict[str, float], fer: dict[str, float]) -> list[Row]:
    """Return the table: what must hold, and whether it does."""

    def times_less(name: str, key: str, unit: str, factor: float) -> Row:
        holds = mien[key] * factor <= fer[key]
        return Row(name, mien[key], fer[key], f"a {ordinal(factor)} of fer's", holds, unit)

    def at_most(name: str, key: str, unit: str, limit: float) -> Row:
        return Row(name, mien[key], fer.get(key), f"{limit:g}", mien[key] <= limit, unit)

    found, film = mien["found"] >= fer["found"], "changes_per_min"
    return [
        times_less("processor time a frame, less decoding", "cpu_ms", "ms", 10),
        Row("frames with a face found", mien["found"], fer["found"], "fer's", found, ""),
        at_most("memory", "memory_mb", "MB", 120),
        times_less("from start to the first reading", "start_s", "s", 6),
        at_most("installed", "installed_mb", "MB", 320),
        at_most("each further face", "face_ms", "ms", 1.2),
        at_most("age of a frame of 30 a second, when read", "age_frames", "frames", 2),
        at_most("label changes a minute, steady face", "steady_changes_per_min", "", 10),
        at_most("a true change is followed in", "delay_s", "s", 1.0),
        # The film's face does change: what is right here is not known, so nothing must hold.
        Row("label changes a minute, the film", mien[film], fer[film], "", True, ""),
    ]


def ordinal(factor: float) -> str:
    """Return the name of one share of so many."""
    return {6: "sixth", 10: "tenth"}[round(factor)]


def markdown(rows: list[Row]) -> str:
    """Return the table for people, with the machine that it was made on."""
    lines = [
        f"{machine()}, one thread, Python {platform.python_version()}; fer 25.10.3",
        "",
        "| | Mien | fer | fer / Mien | must | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = f"{row.fer / row.mien:.1f}" if row.fer is not None and row.mien else ""
        other = "" if row.fer is None else shown(row.fer, row.unit)
        holds = ("yes" if row.holds else "**no**") if row.must else ""
        name, own = row.name, shown(row.mien, row.unit)
        lines.append(f"| {name} | {own} | {other} | {ratio} | {row.must} | {holds} |")
    return "\n".join(lines) + "\n"


def shown(value: float, unit: str) -> str:
    """Return a figure with two or three digits that mean something."""
    number = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{number} {unit}".strip()


def draw(rows: list[Row], path: Path) -> None:
    """Draw how many times less each figure of Mien's is, on a logarithmic scale."""
    drawn = [row for row in rows if row.fer and row.mien and row.name != "frames with a face found"]
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(drawn) + 1.2), layout="constrained")
    ratios = [row.fer / row.mien for row in drawn]
    bars = axes.barh([row.name for row in drawn], ratios, color="#2a6f97", height=0.6)
    labels = [f"{shown(row.mien, row.unit)} against {shown(row.fer, row.unit)}" for row in drawn]
    axes.bar_label(bars, labels, padding=4, fontsize=9)
    axes.axvline(1, color="#888888", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(0.8, 12 * max(ratios))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("fer's figure / Mien's")
    axes.set_title("Mien beside fer 25.10.3, on the same frames", loc="left")
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
