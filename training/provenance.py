"""What a model file was learned from, by what its run has noted."""

from __future__ import annotations

from pathlib import Path

import msgspec

from device.errors import MienError
from device.model_file import read_card
from training.kinds import suffix_of


class _Data(msgspec.Struct):
    sha256: str


class _Run(msgspec.Struct):
    data: dict[str, _Data] = {}


class _Training(msgspec.Struct):
    run: _Run | None = None


class _Card(msgspec.Struct):
    training: _Training | None = None
    data: _Data | None = None


def learned_from(model: Path) -> frozenset[str]:
    """Return the SHA-256, as ``fingerprint`` gives it, of each data set that is noted.

    That of a ``.tflite`` file is in its card, that of a ``.keras`` file in ``run.json`` beside
    it. None where nothing is known.
    """
    try:
        return frozenset(_noted(model))
    except (MienError, OSError, msgspec.MsgspecError):
        return frozenset()


def _noted(model: Path) -> list[str]:
    if suffix_of(model) == ".keras":
        content = (model.parent / "run.json").read_bytes()
        return [data.sha256 for data in msgspec.json.decode(content, type=_Run).data.values()]
    card = msgspec.convert(read_card(model), _Card)
    run = card.training.run if card.training is not None else None
    known = [] if run is None else list(run.data.values())
    return [data.sha256 for data in (*known, card.data) if data is not None]
