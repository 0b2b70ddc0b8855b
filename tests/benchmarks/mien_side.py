"""What Mien costs on the same frames, in an environment with nothing else in it.

python -m tests.benchmarks.mien_side FILM RESULT.json
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.config import Settings
from device.costs import Costs
from device.model import Model
from device.model_choice import open_model
from device.records import Frame, Reading
from device.service import build_pipeline, open_log
from device.sinks.base import Sink
from device.sinks.console import Console
from device.sources.base import Source, to_grey
from device.sources.newest import Newest
from device.sources.synthetic import Synthetic
from tests.benchmarks import steadiness
from tests.device.scenes import At, Room, person

EVERY_FRAME_HZ = 60.0
LIVE_HZ = 30.0
LIVE_FRAMES = 300
MOST_FACES = 4


class Film(Source):
    """The frames of a film; what decoding them costs is counted, to be left out."""

    def __init__(self, path: str) -> None:
        self._capture = cv2.VideoCapture(path)
        self.rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self.decoding_s = 0.0

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while True:
            before_s = time.process_time()
            ok, picture = self._capture.read()
            self.decoding_s += time.process_time() - before_s
            if not ok:
                return
            yield Frame(to_grey(picture), index / self.rate_hz)
            index += 1


class Pictures(Source):
    """Pictures in memory, with their times."""

    def __init__(self, pictures: Iterator[tuple[float, Any]]) -> None:
        self._pictures = pictures

    def __iter__(self) -> Iterator[Frame]:
        for time_s, picture in self._pictures:
            yield Frame(to_grey(picture), time_s)


class Labels(Sink):
    """The emotion of the first face in each frame, and how old frames are when they are read."""

    name = "benchmark"

    def __init__(self) -> None:
        self.labels: list[str | None] = []
        self.ages_s: list[float] = []

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        self.labels.append(readings[0].emotion if readings else None)
        self.ages_s.append(time.monotonic() - frame.time_s)

    def write(self, readings: Sequence[Reading]) -> None:
        pass


def read(source: Source, model: Model) -> Labels:
    """Read every frame of ``source``, with the default outputs: a line a second of each face."""
    settings = Settings(look_hz=EVERY_FRAME_HZ, log=os.devnull)
    labels = Labels()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, open_log(settings)[0] as log:
        sinks: list[Sink] = [log, Console(nowhere), labels]
        pipeline = build_pipeline(settings, source, model, sinks, Costs())
        pipeline.run(threading.Event())
    return labels


def main(film: str, result: str) -> None:
    """Read every frame of ``film``, the steady clip made of it, a crowd, and a live camera."""
    cv2.setNumThreads(1)
    model = open_model(Settings())
    source = Film(film)
    began_s = time.process_time()
    labels = read(source, model).labels
    cpu_s = time.process_time() - began_s - source.decoding_s
    still = steadiness.stills(film, steadiness.BEFORE_S, steadiness.AFTER_S)
    steady = read(Pictures(steadiness.frames(*still)), model).labels
    face = to_grey(still[1])
    figures = {
        "frames": len(labels),
        "found": sum(name is not None for name in labels),
        "cpu_ms": 1000 * cpu_s / len(labels),
        "changes_per_min": 60 * steadiness.changes(labels) * source.rate_hz / len(labels),
        "steady_changes_per_min": steadiness.untrue_changes_per_min(steady),
        "delay_s": steadiness.delay_s(steady),
        "face_ms": cost_of_a_face_ms(face, model),
        "age_frames": LIVE_HZ * age_s(face, model),
    }
    Path(result).write_text(json.dumps(figures), encoding="utf-8")


def cost_of_a_face_ms(face: Any, model: Model) -> float:
    """Return the processor time of a frame for each further face in it, by regression."""
    who, room, costs_ms = person(face), Room(), []
    for count in range(1, MOST_FACES + 1):
        people = [(who, At(90 + 150 * n, 180, 80)) for n in range(count)]
        frames = [(index / LIVE_HZ, room.show(*people)) for index in range(90)]
        began_s = time.process_time()
        read(Pictures(iter(frames)), model)
        costs_ms.append(1000 * (time.process_time() - began_s) / len(frames))
    return float(np.polyfit(range(MOST_FACES), costs_ms, 1)[0])


def age_s(face: Any, model: Model) -> float:
    """Return how old the frame behind a reading is when it goes out, 95 times in 100 at most."""
    camera = Newest(lambda: Synthetic([face], rate_hz=LIVE_HZ, frames=LIVE_FRAMES))
    with camera:
        return float(np.percentile(read(camera, model).ages_s, 95))


if __name__ == "__main__":
    main(*sys.argv[1:])
