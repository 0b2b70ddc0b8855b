"""What is wrong with a settings file, for people: the place, the value, and what to do."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from device import __version__

# How each type is written in TOML, by msgspec's name for it.
_WRITTEN = {
    "bool": "true or false, without quotes",
    "int": "a whole number, without quotes",
    "float": "a number, without quotes",
    "str": "text in quotes",
    "array": "a list in brackets",
}
_MOST_QUOTED = 80

_Kind = type[msgspec.Struct]


def explain_toml(error: Exception, text: str) -> str:
    """Say why ``text`` is not TOML, with the line that the parser stopped at."""
    told = f"not valid TOML: {error}"
    place = re.search(r"\(at line (\d+), column \d+\)", str(error))
    lines = text.split("\n")
    if not isinstance(error, tomllib.TOMLDecodeError) or not place or int(place[1]) > len(lines):
        return told
    line = lines[int(place[1]) - 1].strip()
    if line and "password" not in line.lower():  # a secret is not for the journal
        line = line if line.isprintable() else repr(line)
        told += f": {line[:_MOST_QUOTED]}"
    if str(error).startswith("Invalid value"):
        told += ": text stands in quotes, true and false are in small letters"
    return told


def explain_encoding(error: UnicodeDecodeError) -> str:
    """Say where a file is not UTF-8."""
    line = error.object.count(b"\n", 0, error.start) + 1
    return f"line {line} has a letter that is not UTF-8: save the file as UTF-8"


def explain_value(message: str, content: dict[str, Any], kind: _Kind) -> str:
    """Put msgspec's message in terms of the file: ``[table] key = value: what is wrong``.

    content: of the file.
    kind: what it should have been.
    """
    reason, _, place = message.replace("`object`", "a table").partition(" - at `")
    # A place in a list, ``names[0]``, is told as the list.
    keys = re.sub(r"\[[^]]*]", "", place.rstrip("`")).removeprefix("$").split(".")[1:]
    unknown = re.search(r"unknown field `(.*)`", reason)
    if unknown:
        return _explain_unknown(unknown.group(1), keys, kind)
    value: Any = content
    for number, key in enumerate(keys):
        if not isinstance(value, dict):
            keys = keys[:number]
            break
        value = value[key]
    reason = f"{reason[0].lower()}{reason[1:]}"
    if isinstance(value, dict) and not reason.startswith("expected"):
        # Its settings do not go together; the reason names those, and the others are no news.
        return f"{_table(keys)}{reason}"
    table = _table(keys[:-1])
    shown = json.dumps(value) if isinstance(value, bool) else repr(value)
    return f"{table}{keys[-1]} = {shown}: {_expected(reason, _hint(kind, keys))}"


def _expected(reason: str, hint: object) -> str:
    """Return ``reason`` as TOML has it; where only few values are allowed, those."""
    if get_origin(hint) is Literal:
        *others, last = (json.dumps(value) for value in get_args(hint))
        return f"give {', '.join(others)} or {last}"
    if get_origin(hint) is tuple and reason.startswith("invalid enum value"):
        known = ", ".join(json.dumps(value) for value in get_args(get_args(hint)[0]))
        return f"give a list of any of {known}"
    found = re.fullmatch(r"expected `(\w+)`, got `\w+`", reason)
    return f"expected {_WRITTEN[found[1]]}" if found and found[1] in _WRITTEN else reason


def _hint(kind: _Kind, keys: list[str]) -> object:
    """Return the type of the setting that ``keys`` lead to."""
    hint: Any = kind
    for key in keys:
        hint = get_type_hints(hint)[key]
    return hint


def _struct_at(kind: _Kind, keys: list[str]) -> _Kind:
    """Return the kind of the table, or of each table in the list, that ``keys`` lead to."""
    hint: Any = _hint(kind, keys)
    found: _Kind = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return found


def _table(keys: list[str]) -> str:
    return f"[{'.'.join(keys)}] " if keys else ""


def _explain_unknown(name: str, keys: list[str], kind: _Kind) -> str:
    table = _table(keys)
    told = f"{table}{name}: unknown setting: "
    tables = _tables(kind)
    if keys and name in kind.__struct_fields__ and name not in tables:
        return f"{told}it belongs above the first [section] of the file, {name} = ... there"
    known = _struct_at(kind, keys).__struct_fields__
    near = difflib.get_close_matches(name, known, n=1)
    elsewhere = [f"[{other}]" for other, its in tables.items() if name in its.__struct_fields__]
    if near:
        advice = f"did you mean {near[0]}?"
    elif elsewhere:
        advice = f"it belongs below {' or '.join(elsewhere)};"
    else:
        advice = f"known are {', '.join(known)};"
    return (
        f"{told}{advice} where the file is for a newer Mien than this {__version__}, upgrade "
        "Mien or take the setting out"
    )


def _tables(kind: _Kind) -> dict[str, _Kind]:
    hints = get_type_hints(kind).items()
    return {
        name: hint
        for name, hint in hints
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct)
    }
