"""``python -m training mask``: train the network that marks a face's pixels, or go on with it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.shared import add_config
from training.counted import counted

if TYPE_CHECKING:
    from training.keypoints import Keypoints
    from training.mask.config import MaskConfig
    from training.run_folder import RunFolder

HELP = "train the network that marks a face's pixels, or go on with a run that was cut off"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add(
        "--data", type=Path, required=True, metavar="FILE",
        help="pictures of faces: a CSV with the column Image (also .gz, .xz, .zip)",
    )  # fmt: skip
    add(
        "--outlines", type=Path, required=True, metavar="FILE",
        help="iBUG's 68 points of the same rows: jaw and brows are the outline",
    )  # fmt: skip
    add("--test", type=Path, metavar="FILE", help="pictures to measure the kept model on")
    add("--test-outlines", type=Path, metavar="FILE", help="their 68 points")
    add("--out", type=Path, required=True, metavar="FOLDER", help="the run folder")
    add_config(parser)
    add(
        "--start-from", type=Path, metavar="MODEL.keras",
        help="begin with the weights of this model, such as to teach it int8's rounding",
    )  # fmt: skip
    add("--epochs", type=int, metavar="N", help="epochs")
    add("--batch-size", type=int, metavar="N", help="pictures a step")
    add("--seed", type=int, metavar="N", help="seed of weights, order and augmentation")


def run(arguments: argparse.Namespace) -> None:
    """Train, or go on with, the run in ``arguments.out``, and measure what it kept.

    Raises ConfigError, DataError or RunError for what was given and cannot be used.
    """
    from training.data import fingerprint
    from training.landmarks.config import SPLIT_SEED
    from training.landmarks.split import split
    from training.mask.config import read_config
    from training.mask.outlines import read_outlines
    from training.mask.train import train
    from training.run_folder import RunFolder

    config = read_config(
        arguments.config,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        seed=arguments.seed,
    )
    _check(arguments)
    data = {name: fingerprint(path) for name, path in _files(arguments).items()}
    run = RunFolder(arguments.out, config, data)
    faces = read_outlines(arguments.data, arguments.outlines)
    learned, selecting = split(faces, config.held_out, SPLIT_SEED)
    print(_intent(config, learned, selecting, run), flush=True)
    train(config, learned, selecting, run, start=arguments.start_from)
    _conclude(arguments, selecting, run)


def _check(arguments: argparse.Namespace) -> None:
    """Raise ConfigError where half of a pair is missing."""
    from device.errors import ConfigError

    if (arguments.test is None) != (arguments.test_outlines is None):
        raise ConfigError("--test and --test-outlines: give both, or neither")


def _files(arguments: argparse.Namespace) -> dict[str, Path]:
    """Return the files that decide what is learned."""
    files = {"data": arguments.data, "outlines": arguments.outlines}
    if arguments.start_from is not None:
        files["start"] = arguments.start_from
    return files


def _intent(config: MaskConfig, learned: Keypoints, selecting: Keypoints, run: RunFolder) -> str:
    return (
        f"Training a mask on {len(learned):,} faces, choosing by {len(selecting):,} of other "
        f"scenes, for {counted(config.epochs, 'epoch')}, into {run.folder}{run.whence()}"
    )


def _conclude(arguments: argparse.Namespace, selecting: Keypoints, run: RunFolder) -> None:
    """Draw the curves, and measure the kept model on what selected it and on the test file."""
    from training.mask.figures import ask, measure
    from training.mask.network import load_mask
    from training.mask.outlines import read_outlines
    from training.mask.report import as_json, lines
    from training.mask.train import SELECTING
    from training.pictures import Curve, draw_curves
    from training.run_folder import write_json

    history = run.history()
    best = SELECTING.best_epoch(history)
    curves = run.folder / "learning_curves.png"
    draw_curves(
        history, f"{run.folder.name}: learning curves", curves, Curve("iou", "IoU", share=True)
    )
    print(f"\nKept: {run.model} of epoch {best} of {len(history)}")
    model = load_mask(run.model)
    sets = {"validation": selecting}
    if arguments.test is not None:
        sets["test"] = read_outlines(arguments.test, arguments.test_outlines)
    figures: dict[str, object] = {"epoch": best, "parameters": model.count_params()}
    for name, faces in sets.items():
        overlaps = measure(ask(model, faces.pictures), faces)
        print(*lines(name, overlaps), sep="\n")
        figures[name] = as_json(overlaps)
    write_json(run.folder / "metrics.json", figures)
    print(f"Learning curves: {curves}\nFigures: {run.folder / 'metrics.json'}")
