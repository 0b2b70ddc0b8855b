"""What ``evaluate`` does with a network that marks the pixels of faces."""

from __future__ import annotations

import argparse

from device.errors import ConfigError
from training.commands.compare import one_file
from training.commands.shared import folder_for


def measure_mask(arguments: argparse.Namespace) -> None:
    """Print how far the masks of ``arguments.model`` are right on the faces of one file.

    Raises ConfigError for several files, and without the outlines of their rows.
    """
    from training.data import fingerprint
    from training.mask.figures import measure
    from training.mask.marker import load_marker
    from training.mask.outlines import read_outlines
    from training.mask.report import as_json, lines
    from training.run_folder import write_json

    path = one_file(arguments)
    if arguments.outlines is None:
        raise ConfigError(f"{arguments.model} marks faces: give --outlines FILE to measure it by")
    marker = load_marker(arguments.model)
    faces = read_outlines(path, arguments.outlines)
    overlaps = measure(marker.mark(faces.pictures), faces)
    name = path.resolve().name
    print(*lines(name, overlaps), sep="\n")
    out = folder_for(arguments, marker.name)
    out.mkdir(parents=True, exist_ok=True)
    about = {"name": marker.name, "model": fingerprint(arguments.model), "data": name}
    write_json(out / "metrics.json", about | as_json(overlaps))
    print(f"Figures: {out / 'metrics.json'}")
