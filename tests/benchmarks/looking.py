"""Reading pictures with given settings, and counting what comes of it."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import cv2
import msgspec
import numpy as np

from device.config import Settings
from device.costs import Costs
from device.faces import FaceFinder
from device.model import Model
from device.model_choice import open_model
from device.records import Frame, Grey, Reading
from device.service import DEMO, build_pipeline
from device.sinks.base import Sink
from device.sources.base import Source
from device.sources.video import Video
from tests.benchmarks import process
from tests.device.scenes import At, Room, person

Timed = tuple[float, Grey]
_LONGER_PX = 640


class Film:
    """The frames of a film, grey, in memory."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        with Video(path) as video:
            self._frames = [(frame.time_s, frame.grey) for frame in video]

    def __iter__(self) -> Iterator[Timed]:
        return iter(self._frames)

    def turned(self, turn_deg: Callable[[float], float]) -> Iterator[Timed]:
        """Yield the frames turned round their middle, clockwise, by an angle for each time."""
        for time_s, grey in self._frames:
            height, width = grey.shape
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -turn_deg(time_s), 1.0)
            turned = cv2.warpAffine(grey, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
            yield time_s, turned.astype(np.uint8, copy=False)

    def stills(self) -> list[Grey]:
        """Return two frames in which a face is found: at an eighth and a quarter of it."""
        finder, count = FaceFinder(), len(self._frames)
        greys = [self._frames[index][1] for index in (count // 8, count // 4)]
        return [grey for grey in greys if finder.find(grey)]


@dataclass(frozen=True)
class Look:
    """What was read in one frame; ``reading`` is of the largest face, if there is one."""

    time_s: float
    reading: Reading | None
    numbers: tuple[int, ...]

    @property
    def raw(self) -> str | None:
        """The likeliest emotion of this frame alone."""
        probabilities = self.reading.raw_probabilities if self.reading else MappingProxyType({})
        return max(probabilities, key=lambda name: probabilities[name], default=None)

    @property
    def emotion(self) -> str | None:
        """What is shown."""
        return self.reading.emotion if self.reading else None

    @property
    def angle_deg(self) -> float:
        """How far the face is tilted; no number without one."""
        return self.reading.face.angle_deg if self.reading else float("nan")


class _Looks(Sink):
    """Keeps what was seen."""

    name = "benchmark"

    def __init__(self) -> None:
        self.looks: list[Look] = []

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        largest = max(readings, key=lambda reading: reading.face.area_px, default=None)
        numbers = tuple(reading.face.id for reading in readings)
        self.looks.append(Look(frame.time_s, largest, numbers))

    def write(self, readings: Sequence[Reading]) -> None:
        pass


class _Greys(Source):
    """Pictures with their times; of one scene, or each of its own."""

    def __init__(self, pictures: Iterable[Timed], *, continuous: bool = True) -> None:
        self._pictures = pictures
        self.continuous = continuous

    def __iter__(self) -> Iterator[Frame]:
        for time_s, grey in self._pictures:
            yield Frame(grey, time_s)


def look(
    settings: Settings,
    model: Model,
    pictures: Iterable[Timed],
    costs: Costs | None = None,
    *,
    continuous: bool = True,
) -> list[Look]:
    """Return what is read in the pictures that are looked at."""
    kept, source = _Looks(), _Greys(pictures, continuous=continuous)
    pipeline = build_pipeline(settings, source, model, [kept], costs or Costs())
    pipeline.run(threading.Event())
    return kept.looks


def raw_changes(looks: Sequence[Look]) -> float:
    """Return how often a minute the answer of one frame differs from that before."""
    return _changes_per_min(looks, [now.raw for now in looks])


def changes(looks: Sequence[Look]) -> float:
    """Return how often a minute what is shown changes."""
    return _changes_per_min(looks, [now.emotion for now in looks])


def _changes_per_min(looks: Sequence[Look], labels: Sequence[str | None]) -> float:
    seen = [label for label in labels if label is not None]
    count = sum(one != other for one, other in itertools.pairwise(seen))
    return 60 * count / (looks[-1].time_s - looks[0].time_s)


def probability_moves(looks: Sequence[Look]) -> float:
    """Return how much of the probability goes elsewhere from one frame to the next, 0-1."""
    raws = [list(now.reading.raw_probabilities.values()) for now in looks if now.reading]
    moves = np.abs(np.diff(np.array(raws), axis=0)).sum(axis=1) / 2 if len(raws) > 1 else []
    return float(np.mean(moves)) if len(moves) else float("nan")


def box_moves(looks: Sequence[Look]) -> tuple[float, float, float]:
    """Return how far a box moves from one frame to the next, in the mean.

    Centre and side in hundredths of its side, tilt in degrees.
    """
    faces = [now.reading.face for now in looks if now.reading]
    boxes = np.array([face.box_xyxy for face in faces], dtype=float)
    side = boxes[:, 2] - boxes[:, 0]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    centre = np.hypot(*np.diff(middle, axis=0).T) / side[1:]
    tilts = np.diff([face.angle_deg for face in faces])
    return (
        100 * float(np.mean(centre)),
        100 * float(np.mean(np.abs(np.diff(side)) / side[1:])),
        float(np.mean(np.abs(tilts))),
    )


def rooms(film: Film) -> Iterator[Grey]:
    """Yield what is beside the head in a frame of each second or so."""
    finder = FaceFinder()
    for _, grey in itertools.islice(film, 0, None, 24):
        boxes = finder.find(grey)
        if not boxes:
            continue
        left = max(0, min(int(box[0] - 0.6 * (box[2] - box[0])) for box in boxes))
        right = max(int(box[2] + 0.6 * (box[2] - box[0])) for box in boxes)
        piece = max(grey[:, :left], grey[:, right:], key=lambda part: part.shape[1])
        if piece.shape[1] >= 100:
            yield sized(piece)


def sized(picture: Grey) -> Grey:
    """Return ``picture`` with its longer side of 640 pixels."""
    scale = _LONGER_PX / max(picture.shape)
    height, width = (max(1, round(scale * side)) for side in picture.shape)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


@dataclass(frozen=True)
class Cost:
    """What looking takes.

    look_ms: processor time of a look, in the mean.
    asked_hz: how often a second the points of a face are asked for.
    ask_ms: what that takes each time, the median.
    """

    look_ms: float
    asked_hz: float
    ask_ms: float


def cost(settings: Settings, pictures: Iterable[Timed]) -> Cost:
    """Return what it takes to look at ``pictures``."""
    noted, kept, pictures = Costs(keep=None), _Looks(), list(pictures)
    pipeline = build_pipeline(settings, _Greys(pictures), open_model(settings), [kept], noted)
    began_s = time.process_time()
    pipeline.run(threading.Event())
    took_s = time.process_time() - began_s
    asked_s = noted.times_s().get("points", [])
    return Cost(
        1000 * took_s / len(kept.looks),
        len(asked_s) / (kept.looks[-1].time_s - kept.looks[0].time_s),
        1000 * float(np.median(asked_s)) if asked_s else 0.0,
    )


def face_ms(settings: Settings, rate_hz: float = 30.0, most: int = 4) -> float:
    """Return what each further face takes, in milliseconds a look, by regression."""
    every = msgspec.structs.replace(settings, look_hz=rate_hz)
    room, each_ms = Room(), []
    who = person(next(iter(Film(DEMO)))[1])
    for count in range(1, most + 1):
        crowd = [(who, At(90 + 150 * n, 180, 80)) for n in range(count)]
        frames = [(index / rate_hz, room.show(*crowd)) for index in range(90)]
        each_ms.append(cost(every, frames).look_ms)
    return float(np.polyfit(range(most), each_ms, 1)[0])


def started(settings: Settings) -> dict[str, float]:
    """Return seconds to the first reading of the demo clip by a process, and its memory.

    The best of three: other programs may run.
    """
    uses = list(settings.faces.landmarks)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(f"[faces]\nlandmarks = {uses}\n")
        file.flush()
        command = [_python(), "-m", "device", "run", "--source", str(DEMO)]
        command += ["--log", os.devnull, "--config", file.name]
        found = [process.started(command) for _ in range(3)]
    return {name: min(each[name] for each in found) for name in found[0]}


def _python() -> str:
    """Return the interpreter that a user has: the workshop's libraries hold more memory."""
    own = process.ROOT / ".venv" / "bin" / "python"
    return str(own) if own.is_file() else sys.executable
