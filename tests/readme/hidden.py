"""Draw the README's picture of what can be hidden: the attached screen, on the demo clip.

python -m tests.readme.hidden tests/readme/pictures/hidden.png
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.config import Settings, read_settings
from device.costs import Costs
from device.drawing import Look, Scene, draw
from device.history import History
from device.model import Model
from device.model_choice import open_model
from device.onlookers import open_veil
from device.service import DEMO, build_pipeline
from device.sessions import Sessions
from device.sinks.statistics import Statistics
from device.sources.video import Video
from tests.readme.views import GAP_PX, SIZE_PX, Last

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
    views = [screen(read_settings(None, picture=way), model) for way in WAYS]
    gap = np.full((SIZE_PX[1], GAP_PX, 3), 255, np.uint8)
    row = np.hstack([views[0], gap, views[1], gap, views[2]])
    cv2.imwrite(str(options.picture), cv2.cvtColor(row, cv2.COLOR_RGB2BGR))


def screen(settings: Settings, model: Model) -> np.ndarray[Any, Any]:
    """Return the attached screen after ten seconds of the clip, uint8 RGB."""
    last = Last()
    with Video(DEMO) as video, Sessions(model.labels, History(None)) as sessions:
        veil = open_veil(settings, video, Costs())
        sinks = [Statistics(sessions), last]
        pipeline = build_pipeline(settings, video, model, sinks, Costs(), veil=veil)
        pipeline.run(threading.Event(), END_S)
        frame, readings = last.seen
        scene = Scene(
            labels=model.labels,
            picture=frame.bgr,
            readings=readings,
            rate_hz=settings.look_hz,
            strip=sessions.strip(),
            session=sessions.current(),
        )
    return draw(scene, SIZE_PX, Look("picture"))


if __name__ == "__main__":
    main()
