"""What the two commands do, from their arguments to files and lines on stdout."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device.errors import ConfigError
from training.architectures import ARCHITECTURES
from training.config import TrainingConfig, read_config
from training.data import Dataset, fingerprint, load
from training.describe import write_description
from training.evaluate import Predict, evaluate, load_model, report
from training.pictures import draw_confusion, draw_curves
from training.progress import best_epoch
from training.run_folder import RunFolder, write_json
from training.train import train


def train_command(arguments: argparse.Namespace) -> None:
    """Train, or go on with, the run in ``arguments.out``, and evaluate what it kept."""
    config = read_config(
        arguments.config,
        architecture=arguments.arch,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        seed=arguments.seed,
    )
    if config.architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ConfigError(f"architecture {config.architecture!r} is not known: use {known}")
    data = {"data": fingerprint(arguments.data)}
    if arguments.votes is not None:
        data["votes"] = fingerprint(arguments.votes)
    # Before the data is read: settings that do not fit should not cost that time.
    run = RunFolder(arguments.out, config, data)
    dataset = load(arguments.data, arguments.votes)
    write_description(config, run.folder / "model_architecture.txt")
    print(_intent(config, dataset, run), flush=True)
    train(config, dataset, run)
    _conclude(dataset, run)


def evaluate_command(arguments: argparse.Namespace) -> None:
    """Print the figures of ``arguments.model`` and draw its confusions."""
    predict = load_model(arguments.model)
    dataset = load(arguments.data)
    name = arguments.split or ("test" if len(dataset.test) else "validation")
    note = "" if arguments.split or name == "test" else "; the data has no test split"
    model = arguments.model.absolute()
    # Every run calls its model model.keras: the folder's name tells them apart.
    called = model.parent.name if model.name == RunFolder.MODEL else model.stem
    out = arguments.out or Path("runs") / f"evaluate-{called}-{name}"
    subject = _Subject(called, name, note)
    _evaluate(predict, dataset, subject, out, {"model": fingerprint(arguments.model)})


@dataclass(frozen=True)
class _Subject:
    """What an evaluation is of: the model's name, the split's, and how to speak of it."""

    model: str
    split: str
    note: str = ""
    called: str = "test"


def _conclude(dataset: Dataset, run: RunFolder) -> None:
    """Draw the curves and evaluate the kept model on the split that selected it."""
    history = run.history()
    best = best_epoch(history)
    curves = run.folder / "learning_curves.png"
    draw_curves(history, f"{run.folder.name}: learning curves", curves)
    print(f"\nKept: {run.model} of epoch {best} of {len(history)}\n")
    note = "; the split that selected the epoch"
    subject = _Subject(run.folder.name, "validation", note, called="validation")
    _evaluate(load_model(run.model), dataset, subject, run.folder, {"epoch": best})
    print(f"Learning curves: {curves}")
    print(f"TensorBoard: tensorboard --logdir {run.folder / 'tensorboard'}")


def _evaluate(
    predict: Predict, dataset: Dataset, subject: _Subject, out: Path, extra: Mapping[str, object]
) -> None:
    split = dataset.split(subject.split)
    scores = evaluate(predict, split)
    print(report(scores, subject.split, split.origin, subject.note, subject.called))
    out.mkdir(parents=True, exist_ok=True)
    picture, figures = out / "confusion_matrix.png", out / "metrics.json"
    title = f"{subject.model} on {split.origin or subject.split} ({scores.accuracy:.2%} right)"
    draw_confusion(scores, title, picture)
    about = {"split": subject.split, "origin": split.origin, **extra}
    write_json(figures, about | scores.to_dict())
    print(f"\nConfusion matrix: {picture}\nFigures: {figures}")


def _intent(config: TrainingConfig, dataset: Dataset, run: RunFolder) -> str:
    votes = " with FER+ votes" if dataset.train.votes is not None else ""
    done = run.checkpoints.epoch()
    after = f", going on after epoch {done}" if done else ""
    origin = f" ({dataset.validation.origin})" if dataset.validation.origin else ""
    return (
        f"Training {config.architecture} on {len(dataset.train):,} images{votes}, "
        f"choosing by {len(dataset.validation):,}{origin}, into {run.folder}{after}"
    )
