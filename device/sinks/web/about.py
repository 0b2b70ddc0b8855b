"""What the page says of the program it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class About:
    """The program and its parts.

    version: of Mien.
    source: the name of what the frames come from.
    live: whether that is a camera.
    model_id: which model reads the faces.
    card: that model's card, as plain values.
    log: where the readings are logged; None for nowhere.
    """

    version: str
    source: str
    live: bool
    model_id: str
    card: dict[str, Any]
    log: Path | None
