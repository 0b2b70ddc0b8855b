"""One connection to the broker, from its beginning to its end; all that knows paho-mqtt.

A connection that is lost is not mended: another one is made, with nothing left of this one,
and whoever sends through it sends again what was not confirmed. So it does not matter whether
the broker remembers anything.

It speaks MQTT 5, as every broker of today does (Mosquitto since 1.6): it is the first version
in which the broker says why it refuses a password or a message, instead of nothing.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from device.errors import SinkError
from device.sinks.mqtt import trouble
from device.sinks.mqtt.broker import Broker
from device.sinks.mqtt.outbox import Message

if TYPE_CHECKING:
    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties

# So many messages are under way at once, unless the broker allows fewer.
_WINDOW = 20
# What paho raises where bytes come that are no MQTT.
_NO_MQTT = (MQTTException, ValueError, IndexError, KeyError, TypeError, struct.error)


class BrokerError(SinkError):
    """The broker cannot be reached, refuses, or has gone."""


class Link:
    """A connection to ``broker`` as ``client_id``; belongs to one thread.

    will: what the broker says in our name when the connection ends, however it does.
    limit_s: for each step of connecting.

    window: how many messages may be under way.
    confirmed: the number of each message that the broker has taken since the list was emptied.
    refused: the number of each that it will never take, and why.
    arrived: topic and payload of what came from others.

    Raises BrokerError, with a sentence for people, for all that goes wrong.
    """

    def __init__(
        self, broker: Broker, client_id: str, will: Message | None, limit_s: float
    ) -> None:
        self.window = _WINDOW
        self.confirmed: list[int] = []
        self.refused: list[tuple[int, str]] = []
        self.arrived: list[tuple[str, bytes]] = []
        self._broker = broker
        self._connected = False
        self._end = ""
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._client = self._make_client(client_id, will, limit_s)
        try:
            self._connect(limit_s)
        except BaseException:
            self.close()
            raise

    def wake(self) -> None:
        """Have ``turn`` return soon. Any thread may call it."""
        try:
            self._bell.send(b"\0")
        except OSError:  # it rings already, or the connection has ended
            return

    def send(self, message: Message) -> int:
        """Send a message; return its number, under which it is confirmed later.

        Where the connection has gone meanwhile it is not confirmed, and ``turn`` says so: who
        sends keeps count of every message all the same.
        """
        info = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        return info.mid

    def listen(self, topic: str) -> None:
        """Have what comes under ``topic`` put to ``arrived``, where the broker allows it."""
        self._client.subscribe(topic, qos=1)

    def turn(self, limit_s: float) -> None:
        """Send and receive what there is; wait for that, for ``limit_s`` seconds at most."""
        sock: Any = self._client.socket()
        if sock is None:
            raise self._lost()
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        poll.register(sock, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        decrypted = hasattr(sock, "pending") and sock.pending()
        ready = {number for number, _ in poll.poll(0 if decrypted else max(0.0, limit_s) * 1000)}
        if self._ear.fileno() in ready:
            self._ear.recv(4096)
        if decrypted or sock.fileno() in ready:
            self._read()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        if self._client.socket() is None:
            raise self._lost()

    def leave(self, limit_s: float) -> None:
        """Say goodbye, so that the broker says our will at once."""
        code = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")
        self._client.disconnect(reasoncode=code)
        until_s = time.monotonic() + limit_s
        with suppress(BrokerError):  # who has gone already need not be told
            while self._client.want_write() and time.monotonic() < until_s:
                self.turn(until_s - time.monotonic())

    def close(self) -> None:
        """Close the connection. It may be called again."""
        sock: Any = self._client.socket()
        if sock is not None:
            sock.close()
        self._bell.close()
        self._ear.close()

    def _make_client(self, client_id: str, will: Message | None, limit_s: float) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = limit_s
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password or None)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _connect(self, limit_s: float) -> None:
        broker = self._broker
        try:
            self._client.connect(broker.host, broker.port, keepalive=broker.keepalive_s)
        except (OSError, UnicodeError) as error:  # the latter for a name that cannot be one
            raise BrokerError(f"{broker.place}: {trouble.of_network(error)}") from error
        until_s = time.monotonic() + limit_s
        while not self._connected:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise BrokerError(f"{broker.place}: {trouble.SILENT}")
            self.turn(left_s)

    def _read(self) -> None:
        try:
            outcome = self._client.loop_read()
        except _NO_MQTT:
            outcome = MQTTErrorCode.MQTT_ERR_PROTOCOL
        if outcome == MQTTErrorCode.MQTT_ERR_PROTOCOL and not self._end:
            self._end = trouble.NO_MQTT
            raise self._lost()

    def _lost(self) -> BrokerError:
        if not self._end:
            self._end = trouble.LOST if self._connected else trouble.CLOSED
        return BrokerError(f"{self._broker.place}: {self._end}")

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._end = trouble.of_refusal(reason.getName(), self._broker.user)
        else:
            self._connected = True
            self.window = min(_WINDOW, getattr(properties, "ReceiveMaximum", _WINDOW))

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server and not self._end:
            self._end = trouble.of_goodbye(reason.getName())

    def _on_publish(
        self,
        _client: Client,
        _data: object,
        number: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        name = reason.getName()
        if not reason.is_failure:
            self.confirmed.append(number)
        elif trouble.is_for_ever(name):
            self.refused.append((number, name.lower()))
        else:  # it may take it later: over a new connection, after a pause
            self._end = trouble.of_goodbye(name)
            self._client.disconnect()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.arrived.append((message.topic, bytes(message.payload)))
