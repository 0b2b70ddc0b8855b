"""``python -m training search``: look for networks that read better at the same cost."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.commands.shared import add_path
from training.reading_options import add_reading, reading_of, words_of

if TYPE_CHECKING:
    from training.search.objective import Objective
    from training.search.settings import SearchConfig
    from training.search.study import Study
    from training.search.tried import Tried

HELP = "search for networks that read better at the same cost, on one machine or many"
# A password in a command line is seen by everybody on the machine.
_STORAGE = "MIEN_STORAGE"
_CSV, _MARKDOWN, _PICTURE = "trials.csv", "front.md", "pareto.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_path(parser)
    add_reading(parser)
    add = parser.add_argument
    add(
        "--out", type=Path, required=True, metavar="FOLDER",
        help="where table, picture, weights and, without --storage, the study go",
    )  # fmt: skip
    add("--config", type=Path, metavar="FILE", help="settings of the search in TOML")
    add(
        "--storage", metavar="URL",
        help=f"postgresql://USER:PASSWORD@HOST/DATABASE for many machines (or ${_STORAGE}; "
        "default: SQLite in FOLDER)",
    )  # fmt: skip
    add("--study", default="mien", metavar="NAME", help="name of the study (default: mien)")
    add(
        "--trials", type=int, default=100, metavar="N",
        help="trials of the study, by all machines together (default: 100)",
    )  # fmt: skip
    add(
        "--heartbeat", type=int, default=60, metavar="SECONDS",
        help="how often a worker says that it lives; lost after three times as long (default: 60)",
    )  # fmt: skip
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--confirm", type=int, default=0, metavar="N",
        help="then try the N best within the cost, and the baseline, again from nothing",
    )  # fmt: skip
    what.add_argument("--report", action="store_true", help="only write table and picture")
    what.add_argument(
        "--train-best", action="store_true",
        help="only train the best within the cost, by train, into FOLDER/best",
    )  # fmt: skip
    add("--most-macs", type=float, default=float("inf"), metavar="N", help="the cost: MACs")
    add("--most-bytes", type=float, default=float("inf"), metavar="N", help="the cost: int8 bytes")
    add("--votes", type=Path, metavar="FILE", help="for --train-best: FER+ votes")
    add("--epochs", type=int, metavar="N", help="for --train-best")


def run(arguments: argparse.Namespace) -> None:
    """Search, or show or train what was found."""
    _check(arguments)
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"cannot import {error.name}: pip install -r requirements-train.txt"
        ) from error
    from training.config import read_settings
    from training.data import fingerprint
    from training.search.settings import SearchConfig
    from training.search.storage import address
    from training.search.study import Study

    settings = read_settings(arguments.config, SearchConfig)
    url = address(arguments.storage or os.environ.get(_STORAGE) or None, arguments.out)
    data = fingerprint(arguments.data)
    if words := words_of(reading_of(arguments)):
        data["reading"] = " ".join(words)
    arguments.out.mkdir(parents=True, exist_ok=True)
    begins = not (arguments.report or arguments.train_best)
    study = Study(
        url, arguments.study, settings, data, heartbeat_s=arguments.heartbeat, begins=begins
    )  # fmt: skip
    if arguments.train_best:
        _train_best(arguments, settings, study)
        return
    if not arguments.report:
        _search(arguments, settings, study)
    print(_report(arguments, study))


def _check(arguments: argparse.Namespace) -> None:
    """Raise ConfigError for numbers that are not possible."""
    for name, least in (("trials", 1), ("heartbeat", 1), ("confirm", 0)):
        if getattr(arguments, name) < least:
            raise ConfigError(f"--{name} {getattr(arguments, name)}: give {least} or more")
    if not arguments.train_best and (arguments.votes or arguments.epochs):
        raise ConfigError("--votes and --epochs are for --train-best: leave them out, or give it")
    if not (arguments.train_best or arguments.confirm) and _cost(arguments):
        raise ConfigError(
            "--most-macs and --most-bytes are for --confirm and --train-best: leave them out; "
            "what is looked for is in --config"
        )


def _cost(arguments: argparse.Namespace) -> str:
    """Return the cost that was asked for in words, "" for none."""
    given = (
        f"{most:,.0f} {of}"
        for most, of in ((arguments.most_macs, "MACs"), (arguments.most_bytes, "bytes"))
        if most < float("inf")
    )
    return " and ".join(given)


def _search(arguments: argparse.Namespace, settings: SearchConfig, study: Study) -> None:
    from training.search.table import on_front

    def keep() -> None:
        _write(arguments, study.tried())

    objective = _objective(arguments, settings, arguments.out / "weights" / study.id)
    study.run(objective, arguments.trials, keep)
    if arguments.confirm:
        study.confirm(_cheap_enough(arguments, on_front(study.tried()))[: arguments.confirm])
        study.run(objective, arguments.trials, keep)


def _cheap_enough(arguments: argparse.Namespace, tried: list[Tried]) -> list[Tried]:
    from training.search.table import within

    return within(tried, arguments.most_macs, arguments.most_bytes)


def _objective(arguments: argparse.Namespace, settings: SearchConfig, weights: Path) -> Objective:
    """Read the data, and return what tries a trial on it and keeps its weights in ``weights``."""
    from training.commands.shared import training_data
    from training.config import TrainingConfig
    from training.search.objective import Objective
    from training.search.proxy import Proxy
    from training.search.relatives import WeightsFolder

    arguments.votes = None
    proxy = Proxy(training_data(arguments, TrainingConfig()), settings)
    learned, measured = proxy.images
    print(
        f"Searching in study {arguments.study}: learning from {learned:,} images, measuring on "
        f"{measured:,} others of the same split", flush=True,
    )  # fmt: skip
    return Objective(settings, proxy, WeightsFolder(weights))


def _write(arguments: argparse.Namespace, tried: list[Tried]) -> None:
    from training.search.picture import draw_front
    from training.search.table import markdown, summary, write_csv

    write_csv(tried, arguments.out / _CSV)
    (arguments.out / _MARKDOWN).write_text(markdown(tried) + "\n", encoding="utf-8")
    title = f"{arguments.study}: {summary(tried)}"
    draw_front(tried, title, arguments.out / _PICTURE)


def _report(arguments: argparse.Namespace, study: Study) -> str:
    from training.search.table import markdown, summary

    tried = study.tried()
    _write(arguments, tried)
    files = ", ".join(str(arguments.out / name) for name in (_PICTURE, _CSV, _MARKDOWN))
    return f"\n{summary(tried)}\n\n{markdown(tried)}\n\nWritten: {files}"


def _train_best(arguments: argparse.Namespace, settings: SearchConfig, study: Study) -> None:
    """Train the best network within the cost, as ``train`` does."""
    from training.commands import train
    from training.search.table import best
    from training.search.toml import write_toml

    found = best(_cheap_enough(arguments, study.tried()))
    if found is None:
        within = f" within {cost}: allow more, or" if (cost := _cost(arguments)) else ":"
        raise ConfigError(f"study {arguments.study!r} has no complete trial{within} search longer")
    file = arguments.out / "best.toml"
    # The rate that was found is one for batches of this size.
    how = {"batch_size": settings.batch_size, "precision": settings.precision}
    write_toml(
        how | found.candidate.settings(), f"trial {found.number} of {arguments.study}", file
    )  # fmt: skip
    print(
        f"trial {found.number}: {found.plan}, {found.macs / 1e6:.1f} M MACs, "
        f"{found.size_bytes:,} bytes, {found.accuracy:.2%} in the search: {file}", flush=True,
    )  # fmt: skip
    line = ["--data", arguments.data, "--out", arguments.out / "best", "--config", file]
    line += words_of(reading_of(arguments))
    for option in ("votes", "epochs"):
        if getattr(arguments, option) is not None:
            line += [f"--{option}", getattr(arguments, option)]
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    train.run(parser.parse_args([str(part) for part in line]))
