"""Setting the page's password: ``python -m device password``."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from device.errors import ConfigError
from device.sinks.web.password_file import PasswordFile
from device.sinks.web.passwords import hash_password


def ask_password() -> str:
    """Return a password typed twice, or the first line of stdin where nobody types.

    Raises ConfigError where the two differ.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password of the web page: ")
    if getpass.getpass("Once more: ") != password:
        raise ConfigError("the two passwords differ: try again")
    return password


def set_password(state: str, password: str) -> str:
    """Keep the hash of ``password`` in the folder ``state``; return a line for people.

    Without a folder, that line is the hash, for ``password_hash`` under [page].

    Raises ConfigError for a password that is too short or too long, and OSError as
    SinkError where it cannot be kept.
    """
    if len(password) < 8:
        raise ConfigError("a password has at least 8 characters: give a longer one")
    password_hash = hash_password(password)
    if not state:
        return password_hash.text
    path = PasswordFile(Path(state)).write(password_hash, given=True)
    return f"the password is kept in {path}: it holds from the next start"
