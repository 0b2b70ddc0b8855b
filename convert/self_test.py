"""What a model says of drawn faces, for its card: ``python -m convert.self_test MODEL…``.

Conversion writes it by itself. This command writes it anew into models that are there, where
the faces have changed, say; their network and all else in their cards stays as it is.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from convert.quiet import quiet
from device.errors import MienError
from device.model import Model
from device.model_file import read_card, unpack, write_model
from device.self_test import ask, try_model


def self_test_note(path: Path, *, chatter: bool = False) -> dict[str, object]:
    """Return the part of a card that the device's self-test holds its answers beside.

    Raises ModelError where the model at ``path`` does not pass that test now.
    """
    with quiet(chatter=chatter):
        model = Model(path)
        said = ask(model)
        try_model(model)
    return {"self_test": msgspec.to_builtins(said)}


def card_anew(path: Path) -> str:
    """Write the card of the model at ``path`` with what it says now; return a line on it.

    Raises ModelError where it is not whole, or does not work.
    """
    _, labels, tflite = unpack(path)
    ours = ("self_test", "model_bytes", "model_sha256")  # the last two are added in writing
    card = {key: value for key, value in read_card(path).items() if key not in ours}
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / path.name
        write_model(bare, tflite, labels, card)  # without the old answers, which may be others
        note = self_test_note(bare)
    write_model(path, tflite, labels, card | note)
    return f"{path} ({path.stat().st_size:,} bytes)"


def main(paths: Sequence[str]) -> int:
    """Write each card anew; return the exit code: 0, or 1 where one failed."""
    if not paths or paths[0].startswith("-"):
        print("usage: python -m convert.self_test MODEL.tflite…", file=sys.stderr)
        return 2
    try:
        for path in paths:
            print(card_anew(Path(path)))
    except (MienError, OSError) as error:
        print(f"mien: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
