"""``install.sh`` and ``uninstall.sh`` come here."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what ``install.sh`` or ``uninstall.sh`` was asked; return the exit code."""
    options = _parser().parse_args(arguments)
    os.environ.pop("PYTHONPATH", None)  # ours, and of no program that is started here
    os.umask(0o022)  # the service's user reads what root makes here
    stop_on_signals()
    layout = Layout(options.root.resolve())
    try:
        if layout.live and os.geteuid() != 0:
            raise InstallError(
                f"needs root: sudo systemd/{options.command}.sh, or --root FOLDER", WRONG_USE
            )
        _do(options, layout)
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


def _do(options: argparse.Namespace, layout: Layout) -> None:
    if options.command == "uninstall":
        uninstall(layout, purge=options.purge)
        return
    wanted = Wanted(
        tree=TREE,
        wheelhouse=options.wheelhouse,
        screen=options.screen,
        start=options.start,
        patience=Patience(options.ready, options.stay),
    )
    (go_back if options.back else install)(wanted, layout)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="install.sh")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    install_ = commands.add_parser(
        "install", prog="install.sh", description="Install Mien on this machine, or upgrade it."
    )
    install_.add_argument(
        "--wheelhouse", type=Path, metavar="FOLDER", help="take the packages from here, no network"
    )
    install_.add_argument(
        "--screen", action=argparse.BooleanOptionalAction,
        help="with the attached screen's library (default: where there is a display)",
    )  # fmt: skip
    install_.add_argument(
        "--no-start", dest="start", action="store_false", help="start at the next boot alone"
    )
    install_.add_argument(
        "--back", action="store_true", help="use the release before the one in use"
    )
    install_.add_argument(
        "--ready", type=_seconds, default=Patience.ready_s, metavar="SECONDS",
        help="how long the service may take to be ready (default: %(default)g)",
    )  # fmt: skip
    install_.add_argument(
        "--stay", type=_seconds, default=Patience.stay_s, metavar="SECONDS",
        help="how long it must then stay up (default: %(default)g)",
    )  # fmt: skip
    uninstall_ = commands.add_parser(
        "uninstall", prog="uninstall.sh",
        description="Remove Mien; settings, state and logs are kept.",
    )  # fmt: skip
    uninstall_.add_argument(
        "--purge", action="store_true", help="remove these as well, and user and group"
    )
    for each in (install_, uninstall_):
        each.add_argument(
            "--root", type=Path, default=Path("/"), metavar="FOLDER",
            help="below this folder; no user is made, no service started",
        )  # fmt: skip
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 86_400:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of seconds")
    return value


if __name__ == "__main__":
    sys.exit(main())
