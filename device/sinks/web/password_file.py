"""The hash of the page's password, kept in the state folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from device.errors import ConfigError, SinkError, why
from device.sinks.web.passwords import PasswordHash
from device.whole_file import write_whole

NAME = "page.json"
_MAX_BYTES = 10_000


class _Content(msgspec.Struct):
    password_hash: str
    given: bool = False


class PasswordFile:
    """``page.json`` in ``folder``, which only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def read(self) -> tuple[PasswordHash, bool] | None:
        """Return the hash that is kept, and whether its owner gave it; None for none.

        Raises SinkError for a file that cannot be used.
        """
        try:
            with self._path.open("rb") as file:
                content = msgspec.json.decode(file.read(_MAX_BYTES), type=_Content)
            return PasswordHash(content.password_hash), content.given
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ConfigError, UnicodeDecodeError) as error:
            raise SinkError(f"{self._path} cannot be used: {error}") from error

    def write(self, password_hash: PasswordHash, *, given: bool) -> Path:
        """Keep ``password_hash``, whole or not at all; return where.

        given: whether its owner chose the password; else it was made up.

        Raises SinkError where it cannot be written.
        """
        content = msgspec.json.encode(_Content(password_hash.text, given)) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, content, mode=0o600)
        except OSError as error:
            reason = why(error)
            raise SinkError(
                f"cannot write {self._path}: {reason}: give a folder that you may write as state"
            ) from error
        return self._path
