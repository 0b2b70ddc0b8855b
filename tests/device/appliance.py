"""The program as a service, with a camera, a model or a sink that does what a test wants.

    python -m tests.device.appliance WHAT [ARGUMENTS of python -m device]

Limits are shortened: a test does not wait for what is patience towards a driver.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from functools import partial

from device import __main__ as program
from device import heartbeat, service
from device.errors import SourceError
from device.model import Model
from device.records import Frame
from device.sinks.base import Sink
from device.sources.base import Source
from device.sources.newest import Newest
from device.sources.reopened import Reopened
from device.sources.video import Video

# What hangs does so until the process ends.
_NEVER = threading.Lock()
_NEVER.acquire()


class Camera(Source):
    """Shows one face; after ``frames`` it hangs, or fails."""

    live = True
    name = "webcam /dev/video7"

    def __init__(self, frames: int, *, hangs: bool) -> None:
        self._frames, self._hangs = frames, hangs
        with Video(service.DEMO) as video:
            self._picture = next(iter(video)).grey
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self._frames):
            if self._closed.wait(0.02):
                return
            yield Frame(self._picture, number / 50)
        if self._hangs:
            _hang("the camera")
        raise SourceError(f"{self.name}: unplugged: plug it in again")

    def close(self) -> None:
        self._closed.set()


def _hang(what: str) -> None:
    print(f"{what} hangs", file=sys.stderr, flush=True)
    _NEVER.acquire()


def _opens(what: str) -> Iterator[Source]:
    """Give one camera after another."""
    if what == "opening hangs":
        _hang("the opening")
    if what == "reading hangs":
        yield Camera(5, hangs=True)
    if what == "hangs at once":
        yield Camera(0, hangs=True)
    if what == "comes back":
        yield Camera(20, hangs=False)
        raise SourceError("no camera found: connect one")
    while True:
        yield Camera(10**6, hangs=False)


def _opener(what: str):
    """Return what stands in for opening a camera; a generator that fails is over, so anew."""
    cameras = _opens(what)

    def open_camera(*_: object, **__: object) -> Source:
        nonlocal cameras
        try:
            return next(cameras)
        except SourceError:
            cameras = _opens("well")
            raise

    return open_camera


class Hanging(Sink):
    """Hangs when it has taken some."""

    name = "hanging"

    def __init__(self) -> None:
        self._left = 20

    def see(self, *_: object) -> None:
        self._left -= 1
        if not self._left:
            _hang("the sink")

    def write(self, *_: object) -> None:
        pass


def _prepare(what: str) -> None:
    service._open_camera = _opener(what)
    short = {"limit_s": 0.3, "join_s": 0.05, "tick_s": 0.1, "open_limit_s": 0.3}
    if what == "well":
        short = {}
        heartbeat._WELL_S = 0.1
    service.Newest = partial(Newest, **short)
    service.Reopened = partial(Reopened, stuck_s=0.1)
    service.StuckCount = partial(service.StuckCount, uptime_s=lambda: 7200.0)
    if what == "model hangs":
        open_model = service.open_working_model

        def open_one_that_hangs(settings):  # once it was tried
            found = open_model(settings)
            Model.probabilities = lambda *_: _hang("the model")
            return found

        service.open_working_model = open_one_that_hangs
    if what == "sink hangs":
        service.open_log = lambda settings: [Hanging()]


def main() -> None:
    what = sys.argv[1]
    _prepare(what)
    program._leave(program.main(sys.argv[2:]))


if __name__ == "__main__":
    main()
