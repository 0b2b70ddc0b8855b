"""What ``evaluate`` does with a network that finds points on faces."""

from __future__ import annotations

import argparse

from training.commands.compare import one_file
from training.commands.shared import folder_for


def measure_points(arguments: argparse.Namespace) -> None:
    """Print how far off the points of ``arguments.model`` are on the faces of one file.

    Raises ConfigError for several files.
    """
    from training.data import fingerprint
    from training.landmarks.data import read_faces
    from training.landmarks.evaluate import evaluate
    from training.landmarks.finder import load_finder
    from training.landmarks.report import draw_points, report
    from training.run_folder import write_json

    path = one_file(arguments)
    finder = load_finder(arguments.model)
    evaluation = evaluate(finder, read_faces(path))
    name = path.resolve().name
    print(report(evaluation, name))
    out = folder_for(arguments, finder.name)
    out.mkdir(parents=True, exist_ok=True)
    draw_points(evaluation.errors, f"{finder.name} on {name}", out / "points.png")
    about = {"name": finder.name, "model": fingerprint(arguments.model), "data": name}
    write_json(out / "metrics.json", about | evaluation.to_dict())
    print(f"\nEach point's error: {out / 'points.png'}\nFigures: {out / 'metrics.json'}")
