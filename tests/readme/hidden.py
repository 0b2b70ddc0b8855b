"""Draw the README's picture of what can be hidden: the attached screen, on the demo clip.

python -m tests.readme.hidden tests/readme/pictures/hidden.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

from device.config import Settings, read_settings
from device.drawing import Look, draw
from device.model_choice import open_model
from tests.readme.views import SIZE_PX, scene_at, write

END_S = 10.0
WAYS: tuple[dict[str, str], ...] = (
    {"background": "black"}, {"background": "blur"}, {"faces": "blur"},
)  # fmt: skip


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    model = open_model(Settings())
    scenes = [scene_at(END_S, read_settings(None, picture=way), model) for way in WAYS]
    write([draw(scene, SIZE_PX, Look("picture")) for scene in scenes], options.picture)


if __name__ == "__main__":
    main()
