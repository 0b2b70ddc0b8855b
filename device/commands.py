"""What each command does: it takes the options, and returns the exit code."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from device import __version__, program
from device.config import Settings, read_settings
from device.errors import ConfigError, SourceError
from device.stamp import newer_warning
from device.stop import Stop, stop_on_signals

_log = logging.getLogger(__name__)

Command = Callable[[argparse.Namespace], int]


def until_stopped(command: Callable[[argparse.Namespace, Stop], int]) -> Command:
    """Let a signal ask ``command`` to end, where others are interrupted by it.

    From its beginning, before it imports anything heavy, so that a stop while starting is one
    as well.
    """

    def run(options: argparse.Namespace) -> int:
        with stop_on_signals() as stop:
            return command(options, stop)

    return run


def _settings(options: argparse.Namespace) -> Settings:
    given = ("source", "model", "log", "web", "screen", "state", "language")
    picture = {name: getattr(options, name, None) for name in ("background", "faces")}
    return read_settings(
        options.config,
        picture=picture,
        **{name: getattr(options, name, None) for name in given},
    )


def _warn_of_newer(path: Path | None) -> None:
    if warning := newer_warning(path):
        _log.warning("%s", warning)


def run(options: argparse.Namespace, stop: Stop) -> int:
    """Read faces until the source ends or a signal comes."""
    from device import service

    # A watchdog's SIGABRT then shows where each thread was.
    faulthandler.enable()
    settings = _settings(options)
    _warn_of_newer(options.config)
    totals = service.run(settings, stop, options.duration)
    readings = f"{totals.readings} readings" if totals.readings else "no face found"
    print(f"{readings} in {totals.frames} frames", file=sys.stderr)
    return 0


def report(options: argparse.Namespace) -> int:
    """Turn logs, or the history, into a page and a table."""
    from device.report.report import report

    lines = report(
        _settings(options),
        options.logs,
        since=options.since,
        until=options.until,
        html=options.out,
        csv=options.out.with_suffix(".csv"),
    )
    print(*lines, sep="\n")
    return 0


def model(options: argparse.Namespace) -> int:
    """Say which models there are, use another, or go back to the one before."""
    from device.model_command import go_back, show_models, use_model

    if (options.action == "use") != bool(options.what):
        name = f"{program.NAME} model"
        raise ConfigError(f"give {name}, {name} use FILE|NAME, or {name} back")
    settings = _settings(options)
    if options.action == "use":
        lines = use_model(settings, options.what)
    else:
        lines = go_back(settings) if options.action == "back" else show_models(settings)
    for line in lines:
        print(line)
    return 0


def password(options: argparse.Namespace) -> int:
    """Set the web page's password."""
    from device.sinks.web.password import ask_password, set_password

    print(set_password(_settings(options).state, ask_password()))
    return 0


def crops(options: argparse.Namespace, stop: Stop) -> int:
    """Write the face of each second of a video as a picture."""
    from device import service
    from device.costs import Costs
    from device.crops import write_crops
    from device.face_points import open_marks
    from device.model_choice import open_model

    settings = read_settings(options.config, source=options.video, model=options.model)
    model, finder = open_model(settings), service.open_finder(settings)
    with service.open_source(settings, stop=stop) as source:
        stop.wakes(source.wake)
        marks = open_marks(settings, Costs())
        count = write_crops(source, finder, model, options.folder, stop, marks)
    if not count and not stop.is_set():
        raise SourceError(f"{options.video}: no face found, no picture written")
    print(f"{count} pictures in {options.folder}")
    return 0


def bench(options: argparse.Namespace, stop: Stop) -> int:
    """Say what each stage costs on this machine."""
    from device.bench import bench

    for line in bench(_settings(options), stop, options.duration):
        print(line, flush=True)
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what was found on this machine; 1 where something is not well."""
    from device.check import check

    well = True
    for good, name, found in check(_settings(options), options.config):
        print(f"{'ok ' if good else 'BAD'}  {name:<7}  {found}")
        well = well and good
    return 0 if well else 1


def config(options: argparse.Namespace) -> int:
    """Say whether the settings are right, and show those that hold."""
    from device.effective import effective
    from device.paths import check_paths

    path = options.file or options.config
    settings = read_settings(path)
    _warn_of_newer(path)
    try:
        check_paths(settings)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    print(f"# {path or 'no file: the defaults'}; Mien {__version__}")
    print(*effective(settings), sep="\n")
    return 0


def status(options: argparse.Namespace) -> int:
    """Say how the service is; 0 where it runs, 3 where it does not."""
    from device.status import status

    code, lines = status(options.config)
    print(*lines, sep="\n")
    return code


def tail(options: argparse.Namespace) -> int:
    """Print the readings as they come, until Ctrl-C."""
    settings = _settings(options)
    if not settings.log:
        raise ConfigError("no log is kept: set log in the settings, or give --log FILE")
    try:
        from device.tail import tail

        tail(Path(settings.log), sys.stdout, last=options.last)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # behind the ^C that the terminal shows
    return 0
