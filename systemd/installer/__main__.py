"""``install.sh`` and ``uninstall.sh`` come here."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from installer.errors import FAILED, WRONG_USE, InstallError, Stopped, stop_on_signals
from installer.install import Wanted, go_back, install
from installer.layout import Layout
from installer.service import Patience
from installer.uninstall import uninstall

TREE = Path(__file__).resolve().parents[2]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"mien: {message}: see {self.prog} --help\n")


def main(command: str, *arguments: str) -> int:
    """Do what ``install.sh`` or ``uninstall.sh`` was asked; return the exit code."""
    options = _parser(command).parse_args(arguments)
    os.environ.pop("PYTHONPATH", None)  # ours, and of no program that is started here
    os.umask(0o022)  # the service's user reads what root makes here
    stop_on_signals()
    layout = Layout(options.root.resolve())
    try:
        if layout.live and os.geteuid() != 0:
            raise InstallError(
                f"needs root: sudo systemd/{command}.sh, or --root FOLDER", WRONG_USE
            )
        _do(command, options, layout)
    except InstallError as error:
        print(f"mien: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"mien: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
        return FAILED
    except Stopped as stopped:
        print("mien: stopped; everything is as it was before", file=sys.stderr)
        return stopped.code
    return 0


def _do(command: str, options: argparse.Namespace, layout: Layout) -> None:
    if command == "uninstall":
        uninstall(layout, purge=options.purge)
        return
    wanted = Wanted(
        tree=TREE,
        wheelhouse=options.wheelhouse.resolve() if options.wheelhouse else None,
        screen=options.screen,
        start=options.start,
        patience=Patience(options.ready, options.stay),
    )
    (go_back if options.back else install)(wanted, layout)


def _parser(command: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=f"{command}.sh")
    if command == "install":
        _add_install(parser)
    else:
        parser.description = "Remove Mien; settings, state and logs are kept."
        parser.add_argument(
            "--purge", action="store_true", help="remove these as well, and user and group"
        )
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="FOLDER",
        help="below this folder; no user is made, no service started",
    )  # fmt: skip
    return parser


def _add_install(parser: argparse.ArgumentParser) -> None:
    parser.description = "Install Mien on this machine, or upgrade it."
    parser.add_argument(
        "--wheelhouse", type=Path, metavar="FOLDER", help="take the packages from here, no network"
    )
    parser.add_argument(
        "--screen", action=argparse.BooleanOptionalAction,
        help="with the attached screen's library (default: where there is a display)",
    )  # fmt: skip
    parser.add_argument(
        "--no-start", dest="start", action="store_false", help="start at the next boot alone"
    )
    parser.add_argument("--back", action="store_true", help="use the release before the one in use")
    parser.add_argument(
        "--ready", type=_seconds, default=Patience.ready_s, metavar="SECONDS",
        help="how long the service may take to be ready (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--stay", type=_seconds, default=Patience.stay_s, metavar="SECONDS",
        help="how long it must then stay up (default: %(default)g)",
    )  # fmt: skip


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 86_400:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of seconds")
    return value


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
