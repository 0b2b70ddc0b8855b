"""The loop: a frame comes in, readings go out."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from device.costs import Costs
from device.emotions import Emotions
from device.faces import FaceFollower
from device.model import Model
from device.pace import Pace
from device.preprocess import crop_to_read
from device.records import BoxXYXY, Face, Frame, Reading
from device.sinks.base import Sink
from device.sources.base import Source


@dataclass
class Totals:
    """How many frames came, and how many readings went out."""

    frames: int = 0
    readings: int = 0


class Heart(Protocol):
    """Is told by the loop, and by nobody else, that the loop goes round."""

    def frame(self, totals: Totals, readings: Sequence[Reading] | None) -> None:
        """Note that a frame is through the pipe, with what was read; None: not looked at."""

    def idle(self) -> None:
        """Note that no frame has come for about a second."""


class Veil(Protocol):
    """Hides from whoever looks on what they are not to see; ``device.veil`` does."""

    def over(self, frame: Frame, faces: Sequence[Face], suspects: Sequence[BoxXYXY]) -> Frame:
        """Return ``frame`` as people may see it.

        faces: those that are seen in it. suspects: all boxes in which there may be one.
        """


class Pipeline:
    """Takes frames from ``source``, reads the faces in them, gives them to ``sinks``.

    Sinks get each reading in their order. All parts are built, and closed, by
    whoever builds the pipeline.

    costs: where what each stage takes is noted.
    heart: what is told of each turn of the loop, if anything is.
    veil: what hides a part of each picture from whoever looks on, if anything is to be hidden.
    """

    def __init__(
        self,
        source: Source,
        follower: FaceFollower,
        model: Model,
        emotions: Emotions,
        sinks: Sequence[Sink],
        pace: Pace,
        costs: Costs,
        heart: Heart | None = None,
        veil: Veil | None = None,
    ) -> None:
        self._source = source
        self._follower = follower
        self._model = model
        self._emotions = emotions
        self._sinks = sinks
        self._pace = pace
        self._costs = costs
        self._heart = heart
        self._veil = veil

    def run(self, stop: threading.Event, duration_s: float = math.inf) -> Totals:
        """Run until the source ends, ``stop`` is set, or ``duration_s`` of its clock is over."""
        totals = Totals()
        start_s = math.nan
        # A live source has a thread of its own, which notes what it costs there.
        source = self._source
        for frame in source if source.live else self._costs.each("capture", source):
            if stop.is_set():
                break
            if frame is None:
                self._idle()
                continue
            start_s = frame.time_s if math.isnan(start_s) else start_s
            if frame.time_s - start_s >= duration_s:
                break
            self._take(frame, totals)
        return totals

    def _idle(self) -> None:
        """Tell everybody that no frame has come."""
        for sink in self._sinks:
            sink.idle()
        if self._heart is not None:
            self._heart.idle()

    def _take(self, frame: Frame, totals: Totals) -> None:
        """Take one frame through the pipe."""
        totals.frames += 1
        readings = self._read(frame) if self._pace.look(frame.time_s) else None
        if readings is not None:
            totals.readings += self._give(readings, frame)
        if self._heart is not None:
            self._heart.frame(totals, readings)

    def _read(self, frame: Frame) -> list[Reading]:
        """Return a reading of each face in the frame."""
        with self._costs.of("find"):
            faces = self._follower.follow(frame.grey, frame.time_s)
        self._emotions.keep(self._follower.known)
        return [self._read_face(face, frame) for face in faces]

    def _read_face(self, face: Face, frame: Frame) -> Reading:
        model = self._model
        with self._costs.of("crop"):
            crop = crop_to_read(
                frame.grey, face.box_xyxy, model.framing, model.side_px, angle_deg=face.angle_deg
            )
        with self._costs.of("infer"):
            raw = model.probabilities(crop)
        with self._costs.of("smooth"):
            emotion, averaged = self._emotions.update(face.id, raw, frame.time_s)
        return Reading(
            time=datetime.now().astimezone(),
            media_time_s=frame.time_s,
            face=face,
            emotion=emotion,
            probabilities=dict(zip(model.labels, averaged.tolist(), strict=True)),
            raw_probabilities=dict(zip(model.labels, raw.tolist(), strict=True)),
            model_id=model.id,
        )

    def _give(self, readings: list[Reading], frame: Frame) -> int:
        """Give the sinks the readings, those that are due and all; return how many were due."""
        due = self._pace.due(readings, frame.time_s)
        if self._veil is not None:  # no sink, whatever it does, has the picture as it was
            faces = [reading.face for reading in readings]
            frame = self._veil.over(frame, faces, self._follower.suspects(frame.time_s))
        for sink in self._sinks:
            with self._costs.of(sink.name):
                sink.see(frame, readings)
                if due:
                    sink.write(due)
        return len(due)
