"""How the program fares, as its loop shows it: told to the service manager in words."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from device.errors import StuckError
from device.notify import Notify
from device.pipeline import Totals
from device.records import Reading
from device.sinks.base import Sink
from device.sources.base import Source

_log = logging.getLogger(__name__)

# The watchdog is fed, and workers are looked at, about once a second.
_BEAT_S = 0.95
_STATUS_EVERY_S = 5.0
# Without a frame for so long there is no picture, and the program is up without one.
_LOST_S = 3.0
_READY_WITHOUT_S = 20.0
# A camera that gives a few frames after each start, and hangs, is not well.
_WELL_S = 60.0
# For the sake of a sink the program ends no more often than this.
_RESTART_EVERY_S = 600.0


class Heartbeat:
    """Beats with the loop: a loop that hangs feeds no watchdog.

    notify: who is told.
    source: what is read; it says why there is no frame.
    model_id: what it is read with.
    sinks: whose workers are looked at, each second. Where one hangs a warning says so; where a
        new process gives it back a service ends, to be started anew: nothing else frees its
        thread. It does so only when it has run for ten minutes, for the readings come first.
    well: called once, with the first frame that comes a minute after the first of all.
    now_s: a monotonic clock, in seconds.

    ``frame`` and ``idle`` raise StuckError where a service should end.
    """

    def __init__(
        self,
        notify: Notify,
        source: Source,
        model_id: str,
        sinks: Sequence[Sink],
        well: Callable[[], None] | None = None,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notify = notify
        self._source = source
        self._model_id = model_id
        self._workers = [_Worker(sink) for sink in sinks]
        self._well = well
        self._well_at_s = math.inf
        self._now_s = now_s
        self._began_s = now_s()
        self._ready = False
        self._beat_s = -math.inf
        self._seen = _Seen(self._began_s)
        self._said = ("", -math.inf)

    def frame(self, totals: Totals, readings: Sequence[Reading] | None) -> None:
        """Note that a frame is through the pipe, with what was read; None: not looked at."""
        now_s = self._now_s()
        self._look_how_well(now_s)
        self._seen.take(totals, readings, now_s)
        self._beat(now_s, "reading")

    def idle(self) -> None:
        """Note that no frame has come for about a second."""
        now_s = self._now_s()
        if now_s - self._seen.frame_s < _LOST_S:
            self._beat(now_s, self._said[0])
        else:
            self._beat(now_s, "waiting")

    def _beat(self, now_s: float, state: str) -> None:
        """Feed the watchdog, and say how things are, where it is time to."""
        if now_s - self._beat_s >= _BEAT_S:
            self._beat_s = now_s
            self._look_at_workers(now_s)
            self._notify.alive()
        if self._notify.there:
            self._tell(now_s, state)

    def _tell(self, now_s: float, state: str) -> None:
        said, at_s = self._said
        if state and (state != said or now_s - at_s >= _STATUS_EVERY_S):
            self._said = (state, now_s)
            self._notify.status(self._reading(now_s) if state == "reading" else self._waiting())
        if not self._ready and (state == "reading" or now_s - self._began_s >= _READY_WITHOUT_S):
            self._ready = True
            self._notify.ready()

    def _reading(self, now_s: float) -> str:
        seen = self._seen
        figures = [f"{rate_hz:.1f} frames a second"] if (rate_hz := seen.rate_hz(now_s)) else []
        figures += [_whom(seen.readings)]
        count = f"{seen.totals.readings:,} readings since {_wall(now_s - self._began_s)}"
        return f"Reading {self._source.name} with {self._model_id}: {', '.join(figures)}; {count}"

    def _waiting(self) -> str:
        seen, now_s = self._seen, self._now_s()
        what = "picture" if seen.totals.frames else "camera"
        doing = self._source.trouble or f"waiting for {self._source.name}"
        return f"No {what} since {_wall(now_s - seen.frame_s)}: {doing}"

    def _look_how_well(self, now_s: float) -> None:
        """Tell, once, that frames have come for long enough."""
        self._well_at_s = min(self._well_at_s, now_s + _WELL_S)
        if self._well is not None and now_s >= self._well_at_s:
            self._well()
            self._well = None

    def _look_at_workers(self, now_s: float) -> None:
        """Raise StuckError where a worker hangs, and a service should begin anew."""
        for worker in self._workers:
            if worker.hangs():
                worker.warn()
                old = now_s - self._began_s >= _RESTART_EVERY_S
                if old and worker.curable and self._notify.there:
                    raise StuckError(f"{worker.name}: it hangs: a new start frees it")


class _Worker:
    """The worker of a sink, if it has one, as it shows itself."""

    def __init__(self, sink: Sink) -> None:
        self.name = sink.name
        self.curable = sink.curable
        self._sink = sink
        self._pulse: object = None
        self._still = 0
        self._told = False

    def hangs(self) -> bool:
        """Look at it once more; tell whether it has not moved for long.

        Looks are counted, about one a second, and not seconds: while the whole program was
        held up nobody moved.
        """
        pulse = self._sink.pulse()
        self._still = self._still + 1 if pulse is not None and pulse == self._pulse else 0
        self._told = self._told and self._still > 0
        self._pulse = pulse
        return self._still >= self._sink.patience_s

    def warn(self) -> None:
        """Say that it hangs, once until it moves again."""
        if not self._told:
            self._told = True
            _log.warning("%s: has not moved for %d s; the reading goes on", self.name, self._still)


class _Seen:
    """What came through the pipe of late."""

    def __init__(self, now_s: float) -> None:
        self.totals = Totals()
        self.readings: Sequence[Reading] = ()
        self.frame_s = now_s
        self._since = (now_s, 0)

    def take(self, totals: Totals, readings: Sequence[Reading] | None, now_s: float) -> None:
        """Note a frame."""
        if now_s - self.frame_s >= _LOST_S:
            self._since = (now_s, totals.frames)
        self.totals, self.frame_s = totals, now_s
        self.readings = self.readings if readings is None else readings

    def rate_hz(self, now_s: float) -> float | None:
        """Return how many frames came a second since this was asked last; None: not known."""
        since_s, frames = self._since
        if now_s - since_s < _BEAT_S:
            return None
        self._since = (now_s, self.totals.frames)
        return (self.totals.frames - frames) / (now_s - since_s)


def _whom(readings: Sequence[Reading]) -> str:
    """Say how many are there. What is read in them is in the log, for its group alone."""
    if not readings:
        return "nobody there"
    return "1 face" if len(readings) == 1 else f"{len(readings)} faces"


def _wall(ago_s: float) -> str:
    """Return what the clock showed so long ago, as it goes now: it may have been set since."""
    now = datetime.now().astimezone()
    then = now - timedelta(seconds=ago_s)
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%H:%M on %d %B}"
