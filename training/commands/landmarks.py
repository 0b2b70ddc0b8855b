"""``python -m training landmarks``: train the network that finds points on a face."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.shared import add_config

if TYPE_CHECKING:
    from training.keypoints import Keypoints
    from training.run_folder import RunFolder

HELP = "train the network that finds points on a face, or go on with a run that was cut off"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add(
        "--data", type=Path, required=True, metavar="FILE",
        help="faces with points: the training.csv of Kaggle's facial keypoints (also .gz, .xz, "
        ".zip), or a file like it",
    )  # fmt: skip
    add("--test", type=Path, metavar="FILE", help="such a file to measure the kept model on")
    add("--out", type=Path, required=True, metavar="FOLDER", help="the run folder")
    add_config(parser)
    add(
        "--start-from", type=Path, metavar="MODEL.keras",
        help="begin with the weights of this model",
    )  # fmt: skip
    add("--epochs", type=int, metavar="N", help="epochs")
    add("--batch-size", type=int, metavar="N", help="pictures a step")
    add("--seed", type=int, metavar="N", help="seed of weights, order and augmentation")


def run(arguments: argparse.Namespace) -> None:
    """Train, or go on with, the run in ``arguments.out``, and evaluate what it kept."""
    from training.data import fingerprint
    from training.landmarks.config import SPLIT_SEED, read_config
    from training.landmarks.data import read_faces
    from training.landmarks.network import describe
    from training.landmarks.split import split
    from training.landmarks.train import train
    from training.run_folder import RunFolder

    config = read_config(
        arguments.config,
        epochs=arguments.epochs, batch_size=arguments.batch_size, seed=arguments.seed,
    )  # fmt: skip
    data = {"data": fingerprint(arguments.data)}
    if arguments.start_from is not None:
        data["start"] = fingerprint(arguments.start_from)
    # Before the data is read: settings that do not fit should not cost that time.
    run = RunFolder(arguments.out, config, data)
    faces = read_faces(arguments.data)
    test = None if arguments.test is None else read_faces(arguments.test)
    learned, selecting = split(faces, config.held_out, SPLIT_SEED)
    text = describe(faces.names)
    (run.folder / "model_architecture.txt").write_text(text, encoding="utf-8")
    print(
        f"Training landmarks on {len(learned):,} faces, choosing by {len(selecting):,} that are "
        f"like none of them, into {run.folder}{run.whence()}",
        flush=True,
    )
    train(config, learned, selecting, run, start=arguments.start_from)
    _conclude(run, selecting, test)


def _conclude(run: RunFolder, selecting: Keypoints, test: Keypoints | None) -> None:
    """Draw the curves, and measure the kept model."""
    from training.event_log import log_picture
    from training.landmarks.evaluate import evaluate
    from training.landmarks.finder import load_finder
    from training.landmarks.report import ERROR, draw_points, report
    from training.landmarks.train import SELECTING
    from training.pictures import draw_curves
    from training.run_folder import write_json

    history = run.history()
    best = SELECTING.best_epoch(history)
    curves, points = run.folder / "learning_curves.png", run.folder / "points.png"
    draw_curves(history, f"{run.folder.name}: learning curves", curves, ERROR)
    print(f"\nKept: {run.model} of epoch {best} of {len(history)}")
    finder = load_finder(run.model)
    figures: dict[str, object] = {"epoch": best}
    for name, faces in (("validation", selecting), ("test", test)):
        if faces is None:
            continue
        evaluation = evaluate(finder, faces)
        print(f"\n{report(evaluation, f'the {name} set')}")
        figures[name] = evaluation.to_dict()
        draw_points(evaluation.errors, f"{run.folder.name}: each point, {name} set", points)
    write_json(run.folder / "metrics.json", figures)
    log_picture(run, "points", best, points)
    print(f"\nLearning curves: {curves}\nEach point's error: {points}")
    print(f"TensorBoard: tensorboard --logdir {run.folder / 'tensorboard'}")
