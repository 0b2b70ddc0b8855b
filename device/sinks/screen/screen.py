"""The attached screen: what is seen now, drawn at its own pace."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from device.config import PanelSettings
from device.drawing import VIEWS, Look, Scene, draw
from device.errors import SinkError
from device.records import UNCERTAIN, Frame, Reading
from device.sinks.base import Sink
from device.sinks.screen.panel import Action, Panel
from device.sinks.screen.turns import Turns
from device.summary import SessionSummary

_log = logging.getLogger(__name__)

# How often keys are looked for.
_POLL_S = 0.05
# Without a frame for so long there is no picture.
_LOST_S = 2.0
_NOTICE_S = 60.0
_STATISTICS_S, _STRIP_S = 1.0, 2.0
_JOIN_S = 1.0
# That there is a picture, for whoever does not see it.
_UNSEEN = np.zeros((1, 1), np.uint8)
# Frames a second are counted over so many.
_COUNTED = 20


class Telling(Protocol):
    """What the screen asks of the sessions."""

    def current(self) -> SessionSummary:
        """Return the running session."""

    def strip(self) -> list[str | None]:
        """Return the emotions of the last minutes."""


class Screen(Sink):
    """Draws what was seen last on ``panel``, which it closes, in a thread of its own.

    sessions: whose statistics are shown.
    leave: called when somebody at the screen wants the program to end.

    A screen that goes away is logged once; the reading goes on.
    """

    name = "screen"

    def __init__(
        self,
        panel: Panel,
        sessions: Telling,
        settings: PanelSettings,
        language: str,
        leave: Callable[[], None],
    ) -> None:
        self._panel = panel
        self._sessions = sessions
        self._turns = Turns(settings.rate_hz)
        self._wait_s = min(_POLL_S, 1 / settings.rate_hz)
        self._look = Look(settings.view, settings.rotate_deg, settings.mirror, language)
        self._leave = leave
        self._seen: tuple[int, Frame, tuple[Reading, ...]] | None = None
        self._count = 0
        self._turn = 0
        self._times_s: deque[float] = deque(maxlen=_COUNTED)
        self._notice: tuple[Sequence[str], float] = ((), 0.0)
        self._labels: tuple[str, ...] = ()
        self._strip: tuple[list[str | None], float] = ([], -_STRIP_S)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)
        self._thread.start()

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Note what was seen; it is drawn when its turn comes."""
        self._times_s.append(time.monotonic())
        self._count += 1
        self._seen = (self._count, frame, tuple(readings))

    def write(self, readings: Sequence[Reading]) -> None:
        """Do nothing: what is due has been seen."""

    def pulse(self) -> object:
        """Return how often the thread has gone round; None where it does so no more."""
        return self._turn if self._thread.is_alive() else None

    def notice(self, lines: Sequence[str]) -> None:
        """Show ``lines`` over everything for a minute, or until a touch or a key."""
        self._notice = (tuple(lines), time.monotonic() + _NOTICE_S)

    def close(self) -> None:
        """Stop drawing, and close the panel."""
        self._closing.set()
        self._thread.join(_JOIN_S)
        self._panel.close()  # also ends a drawing that the panel keeps waiting
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        """Draw until closed; runs in the screen's thread."""
        try:
            summary = self._sessions.current()
            self._labels = tuple(n for n in summary.everybody.seconds if n != UNCERTAIN)
            while not self._closing.wait(self._wait_s):
                self._turn += 1
                for action in self._panel.actions():
                    self._act(action)
                self._draw_if_due()
        except SinkError as error:
            if not self._closing.is_set():
                _log.warning("%s: the screen is off, the reading goes on", error)
        except Exception as error:
            _log.warning("the screen is off, the reading goes on: %r", error)
        finally:
            self._panel.close()

    def _act(self, action: Action) -> None:
        if action == "leave":
            self._leave()
        elif self._lines():
            self._notice = ((), 0.0)
        else:
            following = VIEWS[(VIEWS.index(self._look.view) + 1) % len(VIEWS)]
            self._look = replace(self._look, view=following)

    def _draw_if_due(self) -> None:
        """Draw where something has changed, and not more often than asked for."""
        now_s = time.monotonic()
        lines = self._lines()
        asked = (self._look.view, self._panel.size_px, lines)
        if self._turns.due(asked, self._content(now_s), now_s):
            dismissible = self._panel.takes_actions
            scene = replace(self._scene(now_s), notice=lines, dismissible=dismissible)
            self._panel.show(draw(scene, self._panel.size_px, self._look))

    def _content(self, now_s: float) -> object:
        """Return what differs whenever the present view would look different."""
        lost = self._lost(now_s)
        if self._look.view == "statistics":
            return int(now_s / _STATISTICS_S)
        strip = int(now_s / _STRIP_S)
        if lost or self._seen is None:
            return lost, strip
        count, _, readings = self._seen
        # Without anybody, the bars alone stay as they are.
        return (lost, strip, count) if self._look.view == "picture" or readings else strip

    def _lost(self, now_s: float) -> bool:
        return not self._times_s or now_s - self._times_s[-1] > _LOST_S

    def _lines(self) -> Sequence[str]:
        lines, until_s = self._notice
        return lines if time.monotonic() < until_s else ()

    def _scene(self, now_s: float) -> Scene:
        if self._look.view == "statistics":
            return Scene(self._labels, session=self._sessions.current())
        strip, taken_s = self._strip
        if now_s - taken_s >= _STRIP_S:
            strip = self._sessions.strip()
            self._strip = (strip, now_s)
        if self._seen is None or self._lost(now_s):
            return Scene(self._labels, strip=strip)
        _, frame, readings = self._seen
        picture = _UNSEEN  # bars need no picture, and making one may cost something
        if self._look.view == "picture":
            picture = frame.grey if frame.bgr is None else frame.bgr
        return Scene(
            labels=self._labels,
            picture=picture,
            readings=readings,
            rate_hz=self._rate_hz(),
            strip=strip,
        )

    def _rate_hz(self) -> float | None:
        times_s = list(self._times_s)
        span_s = times_s[-1] - times_s[0] if len(times_s) > 1 else 0.0
        return (len(times_s) - 1) / span_s if span_s > 0 else None
