"""A camera that is looked for again when it is gone."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterator, Sequence

from device.errors import SourceError
from device.records import Frame
from device.sources.base import Source

_log = logging.getLogger(__name__)


class Reopened(Source):
    """Gives the frames of a camera, and opens it again whenever it fails, until ``wake``.

    What is wrong is logged when it begins, and when it is over. Meanwhile there are no frames.

    open_camera: opens the camera; raises SourceError where it cannot.
    pauses_s: how long to wait before each try, in seconds; the last holds for all that follow.
    """

    live = True

    def __init__(
        self,
        open_camera: Callable[[], Source],
        *,
        pauses_s: Sequence[float] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0),
    ) -> None:
        self.name = "camera"
        self._open_camera = open_camera
        self._pauses_s = pauses_s
        # As in Newest: a signal handler may ring it in the thread that waits.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._woken = False
        self._tries = 0
        self._camera = self._open()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the camera's frames, until ``wake`` or ``close``."""
        while not self._woken:
            if self._camera is not None:
                yield from self._frames(self._camera)
            if not self._woken:
                self._pause()
            if not self._woken:
                self._camera = self._open()

    def wake(self) -> None:
        """End the iteration at once, for good; does not wait, safe in a signal handler."""
        self._woken = True
        self._bell.put(None)
        if self._camera is not None:
            self._camera.wake()

    def close(self) -> None:
        """End the iteration and let go of the camera."""
        self.wake()
        if self._camera is not None:
            self._camera.close()

    def _open(self) -> Source | None:
        """Return the camera; None where it cannot be opened, or nobody waits for it any more."""
        try:
            camera = self._open_camera()
        except SourceError as error:
            self._lost(error)
            return None
        self.name = camera.name
        if self._woken:  # while it was opened, so that nobody woke it
            camera.close()
            return None
        return camera

    def _frames(self, camera: Source) -> Iterator[Frame]:
        """Yield frames until the camera fails."""
        try:
            for frame in camera:
                if self._tries:
                    _log.warning("%s: there again", camera.name)
                    self._tries = 0
                yield frame
        except SourceError as error:
            self._lost(error)
        finally:
            camera.close()

    def _lost(self, error: SourceError) -> None:
        if not self._tries:
            _log.warning("%s; it is looked for again and again", error)

    def _pause(self) -> None:
        pause_s = self._pauses_s[min(self._tries, len(self._pauses_s) - 1)]
        self._tries += 1
        try:
            self._bell.get(timeout=pause_s)
        except queue.Empty:
            return  # nobody wants it to end
