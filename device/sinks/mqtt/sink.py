"""The MQTT broker as a sink: what is read is queued, and a thread takes it there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from device.config import MqttSettings
from device.records import Frame, Reading
from device.sinks.base import Sink
from device.sinks.mqtt.about import About, device_id, host_name
from device.sinks.mqtt.broker import open_broker
from device.sinks.mqtt.courier import Courier
from device.sinks.mqtt.discovery import discovery_payload
from device.sinks.mqtt.limits import Limits
from device.sinks.mqtt.messages import (
    Topics,
    reading_payloads,
    session_payload,
    state_payload,
)
from device.sinks.mqtt.outbox import Board, Outbox
from device.sinks.mqtt.present import Moment, Present
from device.summary import SessionSummary


class Figures(Protocol):
    """What knows the running session: ``device.sessions.Sessions``."""

    def current(self) -> SessionSummary:
        """Return the running session."""


class Mqtt(Sink):
    """Publishes readings, the session's figures and the state; see the README beside.

    Nothing here waits for the broker: a thread connects and sends. Where the broker is not
    there, refuses, hangs or goes, that is a warning, and readings wait in a queue.

    Raises ConfigError where a file that ``settings`` name cannot be used.
    """

    name = "mqtt"

    def __init__(
        self,
        settings: MqttSettings,
        sessions: Figures,
        about: About,
        *,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self._limits = limits
        self._every_s = settings.every_s
        self._sessions = sessions
        self.device = device_id(settings.device)
        self._topics = Topics(settings.topic, self.device)
        self._present = Present(limits.no_camera_s)
        self._outbox = Outbox(settings.queue)
        self._state_s = self._session_s = -float("inf")
        self._state_looks = self._session_looks = 0
        self._sent = Moment()
        self._courier = Courier(
            open_broker(settings),
            self.device,
            self._topics,
            self._outbox,
            self._compose,
            settings.discovery_prefix,
            self._describe(settings, about) if settings.discovery else None,
            limits,
        )
        self._courier.start()

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Note who is there."""
        self._present.see(readings)

    def idle(self) -> None:
        """Note that no frame comes."""
        self._present.idle()

    def pulse(self) -> object:
        """Return what differs while the courier's thread moves."""
        return self._courier.pulse()

    def write(self, readings: Sequence[Reading]) -> None:
        """Queue the readings."""
        self._outbox.put(reading_payloads(readings))
        self._courier.wake()

    def close(self) -> None:
        """Send what is queued, where that can be done soon, and say that the device is off."""
        self._courier.close()

    def _describe(self, settings: MqttSettings, about: About) -> bytes:
        name = settings.name or f"Mien {settings.device or host_name()}"
        # Two may be late before it is called missing.
        expire_s = 3 * self._every_s + 10
        return discovery_payload(self._topics, self.device, name, about, expire_s)

    def _compose(self, board: Board) -> None:
        """Put the state and the session on the board where they are due; the courier's thread.

        Only what was looked at since is news: where the loop hangs, nothing comes, and who
        listens sees that.
        """
        now_s = time.monotonic()
        self._compose_state(board, now_s)
        self._compose_session(board, now_s)

    def _compose_state(self, board: Board, now_s: float) -> None:
        looks, moment = self._present.looks, self._present.moment
        if moment.camera is None or looks == self._state_looks:
            return
        changed = moment.key != self._sent.key
        if now_s - self._state_s >= (self._limits.calm_s if changed else self._every_s):
            self._state_s, self._state_looks, self._sent = now_s, looks, moment
            payload = state_payload(moment, len(self._outbox), self._outbox.dropped)
            board.put(self._topics.state, payload)

    def _compose_session(self, board: Board, now_s: float) -> None:
        looks = self._present.looks
        if looks != self._session_looks and now_s - self._session_s >= self._every_s:
            self._session_s, self._session_looks = now_s, looks
            board.put(self._topics.session, session_payload(self._sessions.current()))
