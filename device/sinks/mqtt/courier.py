"""The thread that takes messages to the broker, for as long as it takes."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from device.errors import SinkError
from device.sinks.mqtt import trouble
from device.sinks.mqtt.broker import Broker
from device.sinks.mqtt.discovery import birth_topic, discovery_topic
from device.sinks.mqtt.limits import Limits
from device.sinks.mqtt.messages import OFFLINE, ONLINE, Topics
from device.sinks.mqtt.outbox import Board, Message, Outbox
from device.sinks.mqtt.teller import Teller

if TYPE_CHECKING:
    from device.sinks.mqtt.link import Link

_log = logging.getLogger(__name__)

# So many connections in a row that were shorter than this are no accident.
_SHORT_S = 10.0
# Longer than the system looks for a host's name.
_CONNECTING_S = 180.0
_SUSPICIOUS = 5


class Courier:
    """Connects, sends what is due, and begins again after a pause where that fails.

    compose: puts on the board what is due of the state and the session.
    description: what Home Assistant is told of the device; None has it forget the device.
    """

    def __init__(
        self,
        broker: Broker,
        device: str,
        topics: Topics,
        outbox: Outbox,
        compose: Callable[[Board], None],
        prefix: str,
        description: bytes | None,
        limits: Limits,
    ) -> None:
        self._broker = broker
        self._turns = 0
        self._connecting_s = float("-inf")
        self._device = device
        self._topics = topics
        self._outbox = outbox
        self._compose = compose
        self._prefix = prefix
        self._described = discovery_topic(prefix, device)
        self._description = description
        self._limits = limits
        self._board = Board()
        self._teller = Teller(limits.repeat_s)
        self._flight: dict[int, Message] = {}
        self._link: Link | None = None
        # Whether people should hear that the connection is there.
        self._untold = True
        self._dropped = 0
        # When the broker let us in; None where it did not, this time.
        self._since_s: float | None = None
        self._short = 0
        self._closing = threading.Event()
        self._end_s = 0.0
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._description is not None:
            self._board.put(self._described, self._description)
        self._board.put(self._topics.availability, ONLINE)
        self._thread.start()

    def wake(self) -> None:
        """Have it look at the outbox now."""
        link = self._link
        if link is not None:
            link.wake()

    def pulse(self) -> int | None:
        """Return what differs while the thread moves; None while it tries to connect.

        The system's search for a host's name may take minutes where the network is half there.
        """
        if time.monotonic() - self._connecting_s < _CONNECTING_S:
            return None
        return self._turns

    def close(self) -> None:
        """Have it send what is queued, where that can be done soon, and end."""
        if self._closing.is_set():
            return
        self._end_s = time.monotonic() + self._limits.close_s
        self._closing.set()
        self.wake()
        self._thread.join(self._limits.close_s + 1)
        if self._thread.is_alive():
            _log.warning("mqtt: still busy %g s after closing", self._limits.close_s + 1)
        if len(self._outbox):
            _log.warning("mqtt: %d readings were not sent", len(self._outbox))

    def _run(self) -> None:
        pause_s = self._limits.first_pause_s
        while True:
            self._since_s = None
            try:
                self._serve()
                return
            except SinkError as error:
                self._tell(f"{error}{self._suspicion(str(error))}")
            except Exception as error:  # a fault of ours must not end the readings
                text = " ".join(str(error).split())
                self._tell(f"unexpected {type(error).__name__}", f": {text}")
            self._connecting_s = float("-inf")
            self._recover()
            if self._since_s is not None and time.monotonic() - self._since_s > 2 * pause_s:
                pause_s = self._limits.first_pause_s  # it went well for a while
            # Many devices that lost one broker must not come back in the same moment.
            if not self._pause(pause_s * random.uniform(0.5, 1)):  # noqa: S311
                return
            pause_s = min(2 * pause_s, self._limits.longest_pause_s)

    def _serve(self) -> None:
        """Connect, and send what is due until closed; raises SinkError where that fails."""
        from device.sinks.mqtt.link import Link  # here, so that the reading need not wait

        will = Message(self._topics.availability, OFFLINE, True)
        self._connecting_s = time.monotonic()
        link = Link(self._broker, f"mien-{self._device}", will, self._limits.connect_s)
        self._connecting_s = float("-inf")
        try:
            self._link = link
            self._greet(link)
            while not self._finished():
                self._turns += 1
                self._compose(self._board)
                self._fill(link)
                link.turn(self._patience_s())
                self._settle(link)
                self._tell_dropped()
            link.leave(self._limits.turn_s)
        finally:
            self._link = None
            link.close()

    def _suspicion(self, error: str) -> str:
        """Say what may end connections that all are short; Mosquitto 2.0 does not."""
        if self._since_s is not None and error.endswith(trouble.LOST):
            short = time.monotonic() - self._since_s < _SHORT_S
            self._short = self._short + 1 if short else 0
        else:
            self._short = 0
        return f" {trouble.TWINS}" if self._short >= _SUSPICIOUS else ""

    def _greet(self, link: Link) -> None:
        self._since_s = time.monotonic()
        self._board.renew()
        link.listen(birth_topic(self._prefix) if self._description else self._described)
        if self._untold:
            self._untold = False
            _log.info("mqtt: connected to %s", self._broker.place)

    def _finished(self) -> bool:
        if not self._closing.is_set():
            return False
        sent = not (len(self._outbox) or len(self._board) or self._flight)
        return sent or time.monotonic() >= self._end_s

    def _patience_s(self) -> float:
        if not self._closing.is_set():
            return self._limits.turn_s
        return min(self._limits.turn_s, self._end_s - time.monotonic())

    def _fill(self, link: Link) -> None:
        """Send what is due, as far as there may be more under way."""
        while len(self._flight) < link.window:
            message = self._board.take() or self._next_reading()
            if message is None:
                return
            self._flight[link.send(message)] = message

    def _next_reading(self) -> Message | None:
        payload = self._outbox.take()
        return None if payload is None else Message(self._topics.reading, payload, False)

    def _settle(self, link: Link) -> None:
        """Forget what the broker has taken, and hear what came from others."""
        for number, reason in link.refused:
            topic = self._flight[number].topic
            self._teller.warn(
                f"{self._broker.place}: it does not take {topic} from "
                f"{self._broker.user or 'nobody'}: {reason}",
                ": it is not sent again",
            )
        for number in [*link.confirmed, *(number for number, _ in link.refused)]:
            message = self._flight.pop(number)
            if not message.retain:
                self._outbox.confirm()
        link.confirmed.clear()
        link.refused.clear()
        for topic, payload in link.arrived:
            self._hear(topic, payload)
        link.arrived.clear()

    def _hear(self, topic: str, payload: bytes) -> None:
        if self._description is None:
            if payload and topic == self._described:  # of a time when it was to be there
                self._board.put(self._described, b"")
        elif payload == ONLINE:  # Home Assistant has started, and knows nothing yet
            self._board.renew()

    def _recover(self) -> None:
        """Have all that was not confirmed sent again."""
        readings = [message.payload for message in self._flight.values() if not message.retain]
        self._outbox.put_back(readings)
        self._flight.clear()

    def _pause(self, seconds: float) -> bool:
        """Wait; return whether to go on."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            self._turns += 1
            if self._closing.wait(min(left_s, self._limits.turn_s)):
                return False
            self._tell_dropped()
        return not self._closing.is_set()

    def _tell(self, what: str, more: str = "") -> None:
        more += f": tried again, readings wait ({len(self._outbox)} of {self._outbox.size})"
        self._untold |= self._teller.warn(what, more)

    def _tell_dropped(self) -> None:
        new = self._outbox.dropped - self._dropped
        if new and self._teller.warn(
            f"no room for more than {self._outbox.size} readings (queue)",
            f": the oldest were dropped, {new} of them by now",
        ):
            self._dropped += new
