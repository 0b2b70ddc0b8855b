"""Settings of a training, written as the TOML that ``train --config`` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def write_toml(settings: Mapping[str, object], comment: str, path: Path) -> None:
    """Write ``settings``: numbers, texts, lists of numbers, and tables of these."""
    plain = {name: value for name, value in settings.items() if not isinstance(value, Mapping)}
    lines = [f"# {comment}", *(_line(name, value) for name, value in plain.items())]
    for table, inside in settings.items():
        if isinstance(inside, Mapping):
            lines += ["", f"[{table}]", *(_line(name, value) for name, value in inside.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(name: str, value: object) -> str:
    # Of such values TOML and JSON write the same.
    return f"{name} = {json.dumps(value)}"
