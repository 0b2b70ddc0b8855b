"""What may be typed behind the program's name, and which command it is."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from device import __version__, commands, program
from device.commands import until_stopped


class _Parser(argparse.ArgumentParser):
    """Answers a mistake in one line; argparse would put the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"mien: {message}: see {self.prog} --help\n")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options, of the command line where none are given.

    ``command`` is what to call with them, ``debug`` whether to show tracebacks. Ends the
    program with 2, and a line that says why, where they cannot be understood.
    """
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=program.NAME, description="Mien reads facial expressions.")
    parser.add_argument("--version", action="version", version=f"Mien {__version__}")
    kinds = parser.add_subparsers(required=True, metavar="COMMAND")

    run = kinds.add_parser("run", help="read faces and print what they show")
    _add_settings(run)
    run.add_argument(
        "--duration", type=_seconds, default=math.inf, metavar="SECONDS",
        help="stop after so many seconds of the source's clock",
    )  # fmt: skip
    _add_shows(run)
    run.set_defaults(command=until_stopped(commands.run))

    report = kinds.add_parser("report", help="turn logs, or the history, into a page of plots")
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
    report.set_defaults(command=commands.report)

    model = kinds.add_parser(
        "model", help="say which model reads the faces; try and use another; go back"
    )
    model.add_argument(
        "action", nargs="?", choices=["use", "back"],
        help="use: try a model, keep it and take it from the next start, where the settings say "
        'model = "auto"; back: the one before; none: say which there are',
    )  # fmt: skip
    model.add_argument(
        "what", nargs="?", metavar="FILE|NAME", help="to use: a .tflite file, or a model's name"
    )
    _add_state(model)
    _add_common(model)
    model.set_defaults(command=commands.model)

    password = kinds.add_parser(
        "password", help="set the web page's password: typed twice, or a line of stdin"
    )
    _add_state(password)
    _add_common(password)
    password.set_defaults(command=commands.password)

    crops = kinds.add_parser("crops", help="write the face of each second of a video as a picture")
    crops.add_argument("video", metavar="VIDEO", help="a video file, or a folder of images")
    crops.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="where image0.png and so on go; those of an earlier call are replaced",
    )
    _add_model(crops)
    _add_common(crops)
    crops.set_defaults(command=until_stopped(commands.crops))

    bench = kinds.add_parser("bench", help="say what each stage costs on this machine")
    _add_settings(bench)
    bench.add_argument(
        "--duration", type=_seconds, default=20.0, metavar="SECONDS",
        help="seconds of the source's clock to read (default: %(default)g)",
    )  # fmt: skip
    bench.set_defaults(command=until_stopped(commands.bench))

    status = kinds.add_parser("status", help="say how the service is")
    _add_common(status)
    status.set_defaults(command=commands.status)

    tail = kinds.add_parser("tail", help="show the readings as they come, until Ctrl-C")
    tail.add_argument(
        "-n", "--last", type=_count, default=10, metavar="COUNT",
        help="so many of those before, first (default: %(default)d)",
    )  # fmt: skip
    tail.add_argument("--log", metavar="FILE", help="another log than that of the settings")
    _add_common(tail)
    tail.set_defaults(command=commands.tail)

    config = kinds.add_parser("config", help="check the settings, and show those that hold")
    config.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="another settings file to check"
    )
    _add_common(config)
    config.set_defaults(command=commands.config)

    check = kinds.add_parser("check", help="say what was found on this machine")
    _add_settings(check)
    _add_shows(check)
    check.set_defaults(command=commands.check)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", default=os.environ.get("MIEN_CONFIG") or None,
        help="settings, a TOML file (default: the one that MIEN_CONFIG names)",
    )  # fmt: skip
    parser.add_argument("--debug", action="store_true", help="show tracebacks")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="FILE", help="a .tflite file, or a model's name")


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
    parser.add_argument(
        "--background", metavar="HOW", choices=("show", "blur", "black"),
        help="what is no face, on screen and page: show, blur or black",
    )  # fmt: skip
    parser.add_argument(
        "--faces", metavar="HOW", choices=("show", "blur"), help="the faces there: show or blur"
    )


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state", metavar="FOLDER",
        help="what is remembered: the history, the page's password, models of your own",
    )  # fmt: skip


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


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of readings, 0 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of seconds above 0")
    return value
