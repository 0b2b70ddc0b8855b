"""``make image``: prepare an image of Raspberry Pi OS that installs Mien on its first boot."""

from __future__ import annotations

import argparse
import getpass
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flash.errors import FAILED, WRONG_USE, FlashError
from flash.prepare import prepare
from flash.settings import (
    Settings,
    Wifi,
    check_hostname,
    check_user,
    read_password,
    read_ssh_keys,
    wifi,
)

TREE = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0, 1 for what failed, 2 for a wrong setting."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        image = _path(options.image)
        out = _path(options.out) if options.out else _beside(image)
        settings = _settings(options)
        system, count = prepare(image, out, settings, Path(options.wheelhouse), TREE, _progress)
    except FlashError as error:
        print(f"mien: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("mien: stopped; nothing is left behind", file=sys.stderr)
        return FAILED
    how = "cloud-init" if system.cloud_init else "firstrun.sh"
    print(
        f"{out}: Raspberry Pi OS {system.platform}, set up by {how}; {count} files added, checked"
    )
    print("Write it to a card: Raspberry Pi Imager, Operating System, Use custom, no customisation")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("--image", required=True, help="what was downloaded, .img or .img.xz")
    parser.add_argument("--out", help="the result; mien-….img beside it where not given")
    parser.add_argument("--hostname")
    parser.add_argument("--wifi-ssid")
    parser.add_argument("--wifi-password-file", help="asked for where not given")
    parser.add_argument("--wifi-country", help="two letters")
    parser.add_argument("--ssh-key", help="a file with a public key")
    parser.add_argument("--ssh-user", help="who logs in with it; pi where not given")
    parser.add_argument("--wheelhouse", default=str(TREE / "wheelhouse"))
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    if options.ssh_user and not options.ssh_key:
        raise FlashError("SSH_USER needs SSH_KEY: nobody could log in without", WRONG_USE)
    return Settings(
        hostname=check_hostname(options.hostname) if options.hostname is not None else None,
        wifi=_wifi(options),
        user=check_user(options.ssh_user) if options.ssh_user else Settings.user,
        ssh_keys=read_ssh_keys(_path(options.ssh_key)) if options.ssh_key else (),
    )


def _wifi(options: argparse.Namespace) -> Wifi | None:
    if options.wifi_ssid is None:
        if options.wifi_password_file or options.wifi_country:
            raise FlashError("WIFI_SSID is missing: which network?", WRONG_USE)
        return None
    country = options.wifi_country or ""
    if options.wifi_password_file:
        path = _path(options.wifi_password_file)
        place = f"WIFI_PASSWORD_FILE={path}"
        return wifi(options.wifi_ssid, read_password(path), country, place)
    if not sys.stdin.isatty():
        raise FlashError(
            "WIFI_PASSWORD_FILE is missing: a file with the password alone in it", WRONG_USE
        )
    password = getpass.getpass(f"Password of {options.wifi_ssid}: ")
    return wifi(options.wifi_ssid, password, country, "what was typed")


def _path(given: str) -> Path:
    # What stands behind "SSH_KEY=" is not expanded by every shell.
    return Path(given).expanduser()


def _beside(image: Path) -> Path:
    name = image.name.removesuffix(".xz").removesuffix(".img")
    return image.with_name(f"mien-{name}.img")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\rcopying: {100 * done // max(total, 1)}%", end=end, file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
