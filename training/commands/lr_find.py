"""``python -m training lr-find``: find the learning rate to train with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.commands.shared import add_config, add_data, training_data
from training.reading_options import add_reading

if TYPE_CHECKING:
    from training.lr_find import RangeTest

HELP = "find the peak learning rate by a range test (Smith 2017)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_data(parser)
    add_reading(parser)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FOLDER", help="where picture and table go")
    add_config(parser)
    add("--arch", metavar="NAME", help="architecture (default: mien)")
    add("--weights", metavar="FILE", help="ImageNet's weights, for resnet50")
    add("--batch-size", type=int, metavar="N", help="images a step")
    add("--seed", type=int, metavar="N", help="seed of weights, order and augmentation")
    add("--steps", type=int, default=300, metavar="N", help="steps of training (default: 300)")
    add("--lowest", type=float, default=1e-5, metavar="RATE", help="default: 1e-5")
    add("--highest", type=float, default=10.0, metavar="RATE", help="default: 10")
    # Of a run's settings it has no use for this one.
    parser.set_defaults(epochs=None)


def run(arguments: argparse.Namespace) -> None:
    """Do the test, print the suggested rate, and leave ``lr_find.png`` and ``lr_find.csv``."""
    _check(arguments)

    from training.commands.train import settings
    from training.lr_find import Sweep, range_test
    from training.range_picture import draw_range_test

    config = settings(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    dataset = training_data(arguments, config)
    sweep = Sweep(arguments.lowest, arguments.highest, arguments.steps)
    print(
        f"Training {config.architecture} for {sweep.steps} steps of {config.batch_size} images, "
        f"at rates from {sweep.lowest:g} to {sweep.highest:g}",
        flush=True,
    )
    found = range_test(config, dataset, sweep)
    picture, table = arguments.out / "lr_find.png", arguments.out / "lr_find.csv"
    draw_range_test(found, f"{config.architecture}: learning-rate range test", picture)
    found.write(table)
    print(_report(found), f"Picture: {picture}", f"Table: {table}", sep="\n")


def _check(arguments: argparse.Namespace) -> None:
    """Raise ConfigError where the rates or the steps make no test."""
    if not 0 < arguments.lowest < arguments.highest < float("inf"):
        raise ConfigError(
            f"rates from {arguments.lowest:g} to {arguments.highest:g}: "
            "--lowest is above 0 and below --highest"
        )
    if arguments.steps < 20:
        raise ConfigError(f"--steps {arguments.steps}: fewer than 20 make no curve")


def _report(found: RangeTest) -> str:
    """Return what was found, and how to use it."""
    end = "it exploded" if found.exploded else "the test ended"
    return (
        f"The loss was lowest at a rate of {found.rates[found.lowest]:.2g}; {end} at "
        f"{found.rates[-1]:.2g}, after {len(found.losses)} steps\n\n"
        "Suggested, a tenth of the rate with the lowest loss:\n\n"
        f"    peak_rate = {found.peak_rate:g}\n\n"
        "Write this line into the TOML file that train has as --config.\n"
    )
