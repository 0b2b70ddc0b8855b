"""The loop: a frame comes in, readings go out."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from device.emotions import read_face
from device.faces import FaceFinder, FaceTracker
from device.model import Model
from device.preprocess import crop_face
from device.records import Frame, Reading
from device.sinks.base import Sink
from device.sources.base import Source


class Pace:
    """Says for which frames a reading is due: one in each period of the source's clock.

    rate_hz: periods a second, counted from the first frame.
    search_hz: how often, at most, a frame is searched while nobody is found.
    """

    def __init__(self, rate_hz: float, search_hz: float = 10.0) -> None:
        self._rate_hz = rate_hz
        self._search_s = 1 / max(search_hz, rate_hz)
        self._start_s = math.nan
        self._period_read = -1
        self._searched_s = -math.inf

    def due(self, time_s: float) -> bool:
        """Tell whether to look at the frame taken at ``time_s``."""
        if math.isnan(self._start_s):
            self._start_s = time_s
        # Frame times are rounded: 0.999999 belongs to the second that begins at 1.
        if self._period(time_s) <= self._period_read:
            return False
        if time_s - self._searched_s < self._search_s - 1e-6:
            return False
        self._searched_s = time_s
        return True

    def done(self, time_s: float) -> None:
        """Note that the period of ``time_s`` has its reading."""
        self._period_read = self._period(time_s)

    def _period(self, time_s: float) -> int:
        return math.floor((time_s - self._start_s) * self._rate_hz + 1e-6)


@dataclass
class Totals:
    """How many frames came, and how many readings went out."""

    frames: int = 0
    readings: int = 0


class Pipeline:
    """Takes frames from ``source``, reads the faces in them, gives them to ``sinks``.

    Sinks get each reading in their order. All parts are built, and closed, by
    whoever builds the pipeline.
    """

    def __init__(
        self,
        source: Source,
        finder: FaceFinder,
        tracker: FaceTracker,
        model: Model,
        sinks: Sequence[Sink],
        *,
        rate_hz: float,
    ) -> None:
        self._source = source
        self._finder = finder
        self._tracker = tracker
        self._model = model
        self._sinks = sinks
        self._pace = Pace(rate_hz)

    def run(self, stop: threading.Event, duration_s: float = math.inf) -> Totals:
        """Run until the source ends, ``stop`` is set, or ``duration_s`` of its clock is over."""
        totals = Totals()
        start_s = None
        for frame in self._source:
            start_s = frame.time_s if start_s is None else start_s
            if stop.is_set() or frame.time_s - start_s >= duration_s:
                break
            totals.frames += 1
            if not self._pace.due(frame.time_s):
                continue
            readings = self._read(frame)
            if readings:
                self._pace.done(frame.time_s)
                totals.readings += len(readings)
                for sink in self._sinks:
                    sink.write(readings)
        return totals

    def _read(self, frame: Frame) -> list[Reading]:
        boxes = self._finder.find(frame.grey)
        faces = self._tracker.update(boxes, frame.time_s)
        model = self._model
        return [
            read_face(
                face,
                model.probabilities(
                    crop_face(frame.grey, face.box_xyxy, model.framing, model.side_px)
                ),
                model.labels,
                media_time_s=frame.time_s,
                model_id=model.id,
            )
            for face in faces
        ]
