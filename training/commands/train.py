"""``python -m training train``: train a network, or go on with a run that was cut off."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from training.architectures import ARCHITECTURES
from training.commands.shared import add_config, add_data, class_names, training_data
from training.commands.together import add_distribution
from training.counted import counted
from training.reading_options import add_reading, fingerprint_of, reading_of

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.data import Dataset
    from training.distribution.group import Group
    from training.run_folder import Data, RunFolder

HELP = "train a network, or go on with a run that was cut off"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_data(parser)
    add_reading(parser)
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare what every command that trains takes, beside its data."""
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FOLDER", help="the run folder")
    add_config(parser)
    add("--arch", metavar="NAME", help=f"architecture (default: mien): {', '.join(ARCHITECTURES)}")
    add(
        "--weights", metavar="FILE",
        help="ImageNet's weights, for resnet50 (default: downloaded by Keras)",
    )  # fmt: skip
    add(
        "--start-from", type=Path, metavar="MODEL.keras",
        help="begin with the weights of this model, of the same architecture",
    )  # fmt: skip
    add("--epochs", type=int, metavar="N", help="epochs")
    add("--batch-size", type=int, metavar="N", help="images a step")
    add("--seed", type=int, metavar="N", help="seed of weights, order and augmentation")
    add_distribution(parser)


def run(arguments: argparse.Namespace) -> None:
    """Train, or go on with, the run in ``arguments.out``, and evaluate what it kept."""
    conduct(arguments)


def conduct(arguments: argparse.Namespace, teachers: tuple[Path, ...] = ()) -> None:
    """Train as ``arguments`` say, by ``teachers`` too where there are any."""
    from training.commands.together import group_for, scaled_for

    alone = settings(arguments)
    group = group_for(arguments)
    config = alone if group is None else scaled_for(arguments, group, alone)
    with nullcontext(arguments.out) if group is None else group.folder(arguments.out) as folder:
        _conduct(arguments, config, folder, teachers, group)


def _conduct(
    arguments: argparse.Namespace,
    config: TrainingConfig,
    folder: Path,
    teachers: tuple[Path, ...],
    group: Group | None,
) -> None:
    from training.describe import write_description
    from training.soundness import duplicates
    from training.teachers import Teachers
    from training.train import train

    with nullcontext() if group is None else group.preparing():
        data, run, dataset = _prepared(arguments, config, folder, teachers, group)
    if group is None or group.chief:
        intent = _intent(config, dataset, run, len(teachers))
        print(intent, *duplicates(dataset), sep="\n", flush=True)
    if group is not None:
        group.start(run, config, data, dataset)
    write_description(config, dataset.classes, run.folder / "model_architecture.txt")
    taught_by = None
    if teachers:
        taught_by = Teachers(teachers, dataset.classes, config.teacher_temperature)
    train(config, dataset, run, teachers=taught_by, start=arguments.start_from, group=group)
    if group is None or group.chief:
        _conclude(config, dataset, run)


def _prepared(
    arguments: argparse.Namespace,
    config: TrainingConfig,
    folder: Path,
    teachers: tuple[Path, ...],
    group: Group | None,
) -> tuple[Data, RunFolder, Dataset]:
    """Return the fingerprints of what is learned from, the run's folder, and the data."""
    from msgspec.structs import replace

    from training.distribution.loop import check_sizes
    from training.pretrained import weights_file
    from training.quiet import quiet_warnings
    from training.run_folder import RunFolder

    weights = None if arguments.start_from else weights_file(config)
    data = _learned_from(arguments, teachers, weights)
    # Before the data is read: settings that do not fit should not cost that time.
    # Where the weights lie may change; their fingerprint tells what they are.
    replicas = 1 if group is None else group.replicas
    run = RunFolder(folder, replace(config, weights=""), data, replicas=replicas)
    # The chief reads the same, and says what there is to be said of it.
    with quiet_warnings(quiet=group is not None and not group.chief):
        dataset = training_data(arguments, config)
    if group is not None:
        check_sizes(group, config.batch_size, dataset)
    return data, run, dataset


def _learned_from(
    arguments: argparse.Namespace, teachers: tuple[Path, ...], weights: Path | None
) -> dict[str, dict[str, str]]:
    """Return the fingerprint of each file or folder that is learned from, and of how it is read."""
    from training.data import fingerprint

    data = {"data": fingerprint(arguments.data)} | fingerprint_of(reading_of(arguments))
    if arguments.votes is not None:
        data["votes"] = fingerprint(arguments.votes)
    for number, path in enumerate(teachers, start=1):
        data[f"teacher {number}"] = fingerprint(path)
    if arguments.start_from is not None:
        data["start"] = fingerprint(arguments.start_from)
    if weights is not None:
        data["weights"] = fingerprint(weights)
    return data


def settings(arguments: argparse.Namespace) -> TrainingConfig:
    """Return the settings of the file and the options together.

    Raises ConfigError where one is not possible.
    """
    from training.config import read_config

    return read_config(
        arguments.config,
        architecture=arguments.arch,
        weights=arguments.weights,
        labels=arguments.labels,
        classes=class_names(arguments.classes) or None,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        seed=arguments.seed,
    )


def _conclude(config: TrainingConfig, dataset: Dataset, run: RunFolder) -> None:
    """Draw the curves and evaluate the kept model on the validation split."""
    from training.classifier import load_classifier
    from training.commands.evaluate import Subject, evaluate_and_draw
    from training.event_log import log_picture
    from training.pictures import draw_curves
    from training.progress import best_epoch

    history = run.history()
    last = config.keep == "last"
    kept = len(history) if last else best_epoch(history)
    curves = run.folder / "learning_curves.png"
    draw_curves(history, f"{run.folder.name}: learning curves", curves)
    print(f"\nKept: {run.model} of epoch {kept} of {len(history)}\n")
    note = "" if last else "; the split that selected the epoch"
    subject = Subject("validation", note, called="validation")
    evaluate_and_draw(load_classifier(run.model), dataset, subject, run.folder, {"epoch": kept})
    log_picture(run, "confusion_matrix", kept, run.folder / "confusion_matrix.png")
    print(f"Learning curves: {curves}")
    print(f"TensorBoard: tensorboard --logdir {run.folder / 'tensorboard'}")


def _intent(config: TrainingConfig, dataset: Dataset, run: RunFolder, teachers: int) -> str:
    taught = f" and {counted(teachers, 'teacher')}" if teachers else ""
    votes = " with FER+ votes" if dataset.train.votes is not None else ""
    origin = f" ({dataset.validation.origin})" if dataset.validation.origin else ""
    return (
        f"Training {config.architecture} on {len(dataset.train):,} images{votes}{taught}, "
        f"choosing by {len(dataset.validation):,}{origin}, into {run.folder}{run.whence()}"
    )
