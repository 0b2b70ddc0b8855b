"""The settings that hold, as TOML: ``mien config``."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from device.config import Settings

# What nobody shows to others who asks them for advice.
_SECRET = ("password", "password_hash", "token")


def effective(settings: Settings) -> Iterator[str]:
    """Yield the lines of a TOML file with all settings; a comment tells where one differs.

    Secrets are not shown: "" stands for one, and a comment says that it is set.
    """
    standard = Settings()
    tables = []
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if isinstance(value, msgspec.Struct):
            tables.append((name, value))
        else:
            yield _line(name, value, getattr(standard, name))
    for name, table in tables:
        yield ""
        yield f"[{name}]"
        for key in table.__struct_fields__:
            yield _line(key, getattr(table, key), getattr(getattr(standard, name), key))


def _line(name: str, value: object, standard: object) -> str:
    if name in _SECRET:
        return f'{name} = ""' + ("  # set, not shown here" if value else "")
    line = f"{name} = {_toml(value)}"
    return line if value == standard else f"{line}  # default: {_toml(standard)}"


def _toml(value: object) -> str:
    """Return ``value``, a boolean, number, text or list of them, as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's as well, but for this one.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 100_000 else str(value)
    return str(value)
