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
from device.records import Face, Frame, Reading
from device.sinks.base import Sink
from device.sources.base import Source


class Pace:
    """Says when faces are due: each once in each period of the source's clock.

    rate_hz: periods a second, counted from the first frame.
    search_hz: how often, at most, a frame is searched for who is still missing.
    """

    def __init__(self, rate_hz: float, search_hz: float = 10.0) -> None:
        self._rate_hz = rate_hz
        self._search_s = 1 / max(search_hz, rate_hz)
        self._start_s = math.nan
        self._searched_s = -math.inf
        self._period = -1
        self._done: set[int] = set()

    def due(self, time_s: float, expected: Sequence[int] = ()) -> bool:
        """Tell whether to look at the frame taken at ``time_s``.

        expected: the numbers of the faces that were there a moment ago. While
        one of them, or any face at all, has not been read in this period, it is.
        """
        if math.isnan(self._start_s):
            self._start_s = time_s
        # Frame times are rounded: 0.999999 belongs to the second that begins at 1.
        period = math.floor((time_s - self._start_s) * self._rate_hz + 1e-6)
        if period != self._period:
            self._period = period
            self._done.clear()
        if self._done and self._done.issuperset(expected):
            return False
        if time_s - self._searched_s < self._search_s - 1e-6:
            return False
        self._searched_s = time_s
        return True

    def take(self, faces: Sequence[Face]) -> list[Face]:
        """Return those of ``faces`` that are due in this period, and note them as done."""
        due = [face for face in faces if face.id not in self._done]
        self._done.update(face.id for face in due)
        return due


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
        start_s = math.nan
        for frame in self._source:
            start_s = frame.time_s if math.isnan(start_s) else start_s
            if stop.is_set() or frame.time_s - start_s >= duration_s:
                break
            totals.frames += 1
            readings = self._read(frame)
            totals.readings += len(readings)
            if readings:
                for sink in self._sinks:
                    sink.write(readings)
        return totals

    def _read(self, frame: Frame) -> list[Reading]:
        """Return a reading of each face in the frame that is due."""
        if not self._pace.due(frame.time_s, self._tracker.known(frame.time_s)):
            return []
        faces = self._tracker.update(self._finder.find(frame.grey), frame.time_s)
        return [self._read_face(face, frame) for face in self._pace.take(faces)]

    def _read_face(self, face: Face, frame: Frame) -> Reading:
        model = self._model
        crop = crop_face(frame.grey, face.box_xyxy, model.framing, model.side_px)
        return read_face(
            face,
            model.probabilities(crop),
            model.labels,
            media_time_s=frame.time_s,
            model_id=model.id,
        )
