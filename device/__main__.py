"""The commands: ``python -m device run``, ``report``, ``check`` and the others."""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from device import __version__
from device.errors import ConfigError, MienError, SourceError
from device.stop import Stop, stop_on_signals

try:
    from device.config import Settings, read_settings
except ModuleNotFoundError as missing:
    sys.exit(f"mien: {missing.name} is not installed here: use .venv/bin/python, or make run")


Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 1 for a failure, 2 for a wrong setting."""
    # A service or a shell may start us with these closed.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    options = _parser().parse_args(arguments)
    # NumPy's OpenBLAS has a thread for each core, which spin after every small matrix: a
    # fifth of all the processor time. It reads this when NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()  # who read our lines has seen enough
        return 0
    except KeyboardInterrupt:
        print("mien: interrupted", file=sys.stderr)
        return 130  # as a shell has it
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        else:
            print(f"mien: {_in_one_line(error)}", file=sys.stderr)
        _abandon_stdout()
        return 2 if isinstance(error, ConfigError) else 1
    return code


def _until_stopped(command: Callable[[argparse.Namespace, Stop], int]) -> Command:
    """Let a signal ask ``command`` to end, where others are interrupted by it.

    From its beginning, before it imports anything heavy, so that a stop while starting is one
    as well.
    """

    def run(options: argparse.Namespace) -> int:
        with stop_on_signals() as stop:
            return command(options, stop)

    return run


def _abandon_stdout() -> None:
    """Keep Python from complaining once more at exit of a line that nobody can take."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, MienError):
        return text
    return f"unexpected {type(error).__name__}: {text}: --debug shows where; please report it"


class _Parser(argparse.ArgumentParser):
    """Answers a mistake in one line; argparse would put the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"mien: {message}: see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m device", description="Mien reads facial expressions.")
    parser.add_argument("--version", action="version", version=f"Mien {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="read faces and print what they show")
    _add_settings(run)
    run.add_argument(
        "--duration", type=_seconds, default=math.inf, metavar="SECONDS",
        help="stop after so many seconds of the source's clock",
    )  # fmt: skip
    _add_shows(run)
    run.set_defaults(command=_until_stopped(_run))

    report = commands.add_parser("report", help="turn logs, or the history, into a page of plots")
    report.add_argument(
        "logs", nargs="*", type=Path, metavar="LOG",
        help="prediction logs, those put aside with them; none: the history in the state folder",
    )  # fmt: skip
    report.add_argument(
        "--from", dest="since", type=_since, metavar="WHEN",
        help='where to begin: 2026-11-20, 2026-11-20T14:30, today, yesterday, or "7 days"',
    )  # fmt: skip
    report.add_argument(
        "--to", dest="until", type=_until, metavar="WHEN", help="where to end; a day is whole"
    )
    report.add_argument(
        "--out", type=_file, default=Path("report.html"), metavar="FILE",
        help="the page; a table, .csv, is written beside it (default: %(default)s)",
    )  # fmt: skip
    report.add_argument("--language", choices=["en", "fr"], help="of the page")
    _add_state(report)
    _add_common(report)
    report.set_defaults(command=_report)

    password = commands.add_parser(
        "password", help="set the web page's password: typed twice, or a line of stdin"
    )
    _add_state(password)
    _add_common(password)
    password.set_defaults(command=_password)

    crops = commands.add_parser(
        "crops", help="write the face of each second of a video as a picture"
    )
    crops.add_argument("video", metavar="VIDEO", help="a video file, or a folder of images")
    crops.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="where image0.png and so on go; those of an earlier call are replaced",
    )
    _add_model(crops)
    _add_common(crops)
    crops.set_defaults(command=_until_stopped(_crops))

    bench = commands.add_parser("bench", help="say what each stage costs on this machine")
    _add_settings(bench)
    bench.add_argument(
        "--duration", type=_seconds, default=20.0, metavar="SECONDS",
        help="seconds of the source's clock to read (default: %(default)g)",
    )  # fmt: skip
    bench.set_defaults(command=_until_stopped(_bench))

    check = commands.add_parser("check", help="say what was found on this machine")
    _add_settings(check)
    _add_shows(check)
    check.set_defaults(command=_check)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, a TOML file")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="FILE", help="a .tflite file, or a shipped model's name")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", metavar="SPEC",
        help="auto, camera, picamera, a webcam (/dev/video0 or 0), a video file, "
        "or a folder of images",
    )  # fmt: skip
    parser.add_argument("--log", metavar="FILE", help="append each reading to FILE as JSON Lines")
    _add_model(parser)
    _add_state(parser)
    _add_common(parser)


def _add_shows(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--web", action=argparse.BooleanOptionalAction, help="serve the web page, and say where"
    )
    parser.add_argument(
        "--screen", metavar="KIND",
        help="the attached screen: auto, window, console, framebuffer or off",
    )  # fmt: skip


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state", metavar="FOLDER", help="what is remembered: the history, the page's password"
    )


def _since(text: str) -> datetime:
    from device.report.when import parse_when

    try:
        return parse_when(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _until(text: str) -> datetime:
    from device.report.when import parse_until

    try:
        return parse_until(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _file(text: str) -> Path:
    if not Path(text).name:
        raise argparse.ArgumentTypeError(f"{text!r}: give a file")
    return Path(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of seconds above 0")
    return value


def _settings(options: argparse.Namespace) -> Settings:
    given = ("source", "model", "log", "web", "screen", "state", "language")
    return read_settings(options.config, **{name: getattr(options, name, None) for name in given})


def _run(options: argparse.Namespace, stop: Stop) -> int:
    from device import service

    totals = service.run(_settings(options), stop, options.duration)
    readings = f"{totals.readings} readings" if totals.readings else "no face found"
    print(f"{readings} in {totals.frames} frames", file=sys.stderr)
    return 0


def _report(options: argparse.Namespace) -> int:
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


def _password(options: argparse.Namespace) -> int:
    from device.sinks.web.password import ask_password, set_password

    print(set_password(_settings(options).state, ask_password()))
    return 0


def _crops(options: argparse.Namespace, stop: Stop) -> int:
    from device import service
    from device.crops import write_crops

    settings = read_settings(options.config, source=options.video, model=options.model)
    model, finder = service.open_model(settings), service.open_finder(settings)
    with service.open_source(settings) as source:
        stop.wakes(source.wake)
        count = write_crops(source, finder, model, options.folder, stop)
    if not count and not stop.is_set():
        raise SourceError(f"{options.video}: no face found, no picture written")
    print(f"{count} pictures in {options.folder}")
    return 0


def _bench(options: argparse.Namespace, stop: Stop) -> int:
    from device.bench import bench

    for line in bench(_settings(options), stop, options.duration):
        print(line, flush=True)
    return 0


def _check(options: argparse.Namespace) -> int:
    from device.check import check

    well = True
    for good, name, found in check(_settings(options)):
        print(f"{'ok ' if good else 'BAD'}  {name:<7}  {found}")
        well = well and good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
