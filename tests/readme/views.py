"""Draw the README's picture of the attached screen: its three views of the demo clip.

python -m tests.readme.views tests/readme/pictures/views.png
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from device.config import Settings
from device.costs import Costs
from device.drawing import VIEWS, Look, Scene, draw
from device.drawing.shapes import Picture
from device.history import History
from device.model import Model
from device.model_choice import open_model
from device.onlookers import open_veil
from device.records import Frame, Reading
from device.service import DEMO, build_pipeline
from device.sessions import Sessions
from device.sinks.base import Sink
from device.sinks.statistics import Statistics
from device.sources.video import Video

SIZE_PX, GAP_PX = (640, 384), 12
END_S = 17.0


class Last(Sink):
    """Keeps what was seen last."""

    seen: tuple[Frame, Sequence[Reading]]

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Keep it."""
        self.seen = frame, readings

    def write(self, readings: Sequence[Reading]) -> None:
        """Do nothing: each was seen before."""


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    settings = Settings()
    scene = scene_at(END_S, settings, open_model(settings))
    write([draw(scene, SIZE_PX, Look(view)) for view in VIEWS], options.picture)


def scene_at(end_s: float, settings: Settings, model: Model) -> Scene:
    """Return what there is to be drawn after so long of the clip."""
    last = Last()
    with Video(DEMO) as video, Sessions(model.labels, History(None)) as sessions:
        sinks = [Statistics(sessions), last]
        veil = open_veil(settings, video, Costs())
        pipeline = build_pipeline(settings, video, model, sinks, Costs(), veil=veil)
        pipeline.run(threading.Event(), end_s)
        frame, readings = last.seen
        return Scene(
            labels=model.labels,
            picture=frame.bgr,
            readings=readings,
            rate_hz=settings.look_hz,
            strip=sessions.strip(),
            session=sessions.current(),
        )


def write(views: Sequence[Picture], path: Path) -> None:
    """Write three ``views``, uint8 RGB, side by side to ``path``."""
    gap = np.full((SIZE_PX[1], GAP_PX, 3), 255, np.uint8)
    row = np.hstack([views[0], gap, views[1], gap, views[2]])
    cv2.imwrite(str(path), cv2.cvtColor(row, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
