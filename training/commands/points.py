"""What ``evaluate`` does with a network that finds points on faces."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.errors import ConfigError
from training.commands.compare import given_sets
from training.reading_options import OPTIONS

# What only a classifier has.
_NOT_OF_POINTS = ("votes", "labels", "classes", "split", "degraded", *OPTIONS)


def measure_points(arguments: argparse.Namespace) -> None:
    """Print how far off the points of ``arguments.model`` are on the faces of one file.

    Raises ConfigError for several files, or an option that means nothing here.
    """
    from training.data import fingerprint
    from training.landmarks.data import read_faces
    from training.landmarks.evaluate import evaluate
    from training.landmarks.finder import load_finder
    from training.landmarks.report import draw_points, report
    from training.run_folder import write_json

    (path,) = _one(arguments)
    finder = load_finder(arguments.model)
    evaluation = evaluate(finder, read_faces(path))
    name = path.resolve().name
    print(report(evaluation, name))
    kind = arguments.model.suffix.removeprefix(".").lower()
    out = arguments.out or Path("runs") / f"evaluate-{finder.name}-{kind}"
    out.mkdir(parents=True, exist_ok=True)
    draw_points(evaluation.errors, f"{finder.name} on {name}", out / "points.png")
    about = {"name": finder.name, "model": fingerprint(arguments.model), "data": name}
    write_json(out / "metrics.json", about | evaluation.to_dict())
    print(f"\nEach point's error: {out / 'points.png'}\nFigures: {out / 'metrics.json'}")


def _one(arguments: argparse.Namespace) -> list[Path]:
    given = [f"--{name.replace('_', '-')}" for name in _NOT_OF_POINTS if getattr(arguments, name)]
    if given:
        raise ConfigError(f"{', '.join(given)}: {arguments.model} finds points and has no classes")
    paths = list(given_sets(arguments.data).values())
    if len(paths) > 1:
        raise ConfigError(f"{len(paths)} data sets: of points one is measured at a time")
    return paths
