"""A camera that is looked for again when it is gone."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence

from device.errors import BusyError, SourceError, StuckCameraError
from device.records import Frame
from device.sources.base import Source
from device.sources.bell import Bell

_log = logging.getLogger(__name__)

_TICK_S = 1.0
_BUSY_S = 30.0


class Reopened(Source):
    """Gives the frames of a camera, and opens it again whenever it fails, until ``wake``.

    What is wrong is logged when it begins, and when it is over. Meanwhile None is given about
    once a second.

    camera: what is read first; it belongs to this object.
    again: opens the camera once more; where it cannot be opened that is told when it is read.
    pauses_s: how long to wait before each try, in seconds; the last holds for all that follow.
    steady_s: a camera that gave frames for so long, in seconds, is well again; one that fails
        before is waited for longer the next time.
    stuck_s: how long a driver may take to let go of a camera that has failed, in seconds.
    hung: whether the camera's driver hung in the process before this one. Then a camera that is
        busy for long before it gave any frame is in the hands of what is left of that.
    bell: what is waited with.

    Iterating raises StuckCameraError where the driver does not let go, now or since the process
    before: nothing that this process does can open the camera again.
    """

    live = True

    def __init__(
        self,
        camera: Source,
        again: Callable[[], Source],
        *,
        pauses_s: Sequence[float] = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0),
        steady_s: float = 30.0,
        stuck_s: float = 8.0,
        hung: bool = False,
        bell: Bell | None = None,
    ) -> None:
        self.name = camera.name
        self._again = again
        self._pauses_s = pauses_s
        self._steady_s = steady_s
        self._stuck_s = stuck_s
        self._hung = hung
        self._bell = bell or Bell()
        self._tries = 0
        self._lost_s = math.nan
        self._camera = camera

    def __iter__(self) -> Iterator[Frame | None]:
        """Yield the camera's frames, until ``wake`` or ``close``."""
        while not self._bell.ended:
            yield from self._frames()
            yield from self._letting_go()
            yield from self._pausing()
            if not self._bell.ended:
                self._camera = self._again()

    def wake(self) -> None:
        """End the iteration at once, for good; does not wait, safe in a signal handler."""
        self._bell.end()
        self._camera.wake()

    def close(self) -> None:
        """End the iteration and let go of the camera."""
        self.wake()
        self._camera.close()

    def _frames(self) -> Iterator[Frame | None]:
        """Yield frames until the camera fails."""
        camera, since_s = self._camera, math.nan
        try:
            for frame in camera:
                if frame is not None:
                    since_s = self._bell.now_s() if math.isnan(since_s) else since_s
                    self._found(camera, since_s)
                yield frame
        except SourceError as error:
            self.name = camera.name
            self._lost(error)
        finally:
            camera.close()

    def _found(self, camera: Source, since_s: float) -> None:
        """Note a frame of ``camera``, which gave its first one at ``since_s``."""
        now_s = self._bell.now_s()
        if not math.isnan(self._lost_s):
            _log.warning("%s: there again, after %s", camera.name, _in_words(now_s - self._lost_s))
            self._lost_s = math.nan
        if now_s - since_s >= self._steady_s:
            self._tries = 0
        self.name = camera.name
        self.trouble = ""
        self._hung = False

    def _lost(self, error: SourceError) -> None:
        if math.isnan(self._lost_s):
            self._lost_s = self._bell.now_s()
            _log.warning("%s; it is looked for again and again", error)
        self.trouble = f"looking again {self._when()} ({error})"
        busy_s = self._bell.now_s() - self._lost_s
        if self._hung and isinstance(error, BusyError) and busy_s >= _BUSY_S:
            raise StuckCameraError(f"{self.name}: its driver still hangs: {error}") from error

    def _letting_go(self) -> Iterator[None]:
        """Wait until the driver has let go of the camera."""
        until_s = self._bell.now_s() + self._stuck_s
        while not (self._camera.let_go or self._bell.ended):
            if self._bell.now_s() >= until_s:
                raise StuckCameraError(f"{self.name}: its driver hangs: a new start may free it")
            self._bell.wait(_TICK_S)
            yield None

    def _pausing(self) -> Iterator[None]:
        until_s = self._bell.now_s() + self._pause_s()
        self._tries += 1
        while (wait_s := until_s - self._bell.now_s()) > 0 and not self._bell.ended:
            self._bell.wait(min(wait_s, _TICK_S))
            yield None

    def _pause_s(self) -> float:
        return self._pauses_s[min(self._tries, len(self._pauses_s) - 1)]

    def _when(self) -> str:
        longest = self._tries >= len(self._pauses_s) - 1
        return f"every {self._pause_s():g} s" if longest else "soon"


def _in_words(time_s: float) -> str:
    """Return a time in the unit that suits it."""
    for unit, seconds in (("days", 86400), ("h", 3600), ("min", 60)):
        if time_s >= 2 * seconds:
            return f"{time_s / seconds:.0f} {unit}"
    return f"{time_s:.0f} s"
