"""A real Mosquitto, who listens to it, and a wire to it that can be cut."""

from __future__ import annotations

import json
import select
import shutil
import socket
import struct
import subprocess
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.device.waiting import DEADLINE_S, until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="needs the package mosquitto")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as there:
        return there.getsockname()[1]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Mosquitto:
    """A broker of its own at 127.0.0.1; ``lines`` are added to its settings.

    It hands on all that comes at once, so that what it confirmed has reached who listens.
    """

    def __init__(self, folder: Path, *lines: str, anonymous: bool = True) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        config = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {str(anonymous).lower()}",
            "max_inflight_messages 0",
            "max_queued_messages 1000000",
            "persistence false",
            "user root",
            *lines,
        ]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mosquitto.conf").write_text("\n".join(config) + "\n")
        self.start()

    def start(self) -> None:
        log = (self._folder / "mosquitto.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [MOSQUITTO, "-c", self._folder / "mosquitto.conf"], stdout=log, stderr=log
            )
        until(self._answers, "mosquitto")

    def kill(self) -> None:
        """End it as a power cut does; it remembers nothing."""
        self._process.kill()
        self._process.wait(DEADLINE_S)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(DEADLINE_S)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "mosquitto.log").read_text()
        return answers(self.port)


class Listener:
    """Hears all messages under ``topics``, those that are retained first."""

    def __init__(self, port: int, *topics: str, **login: Any) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._ready, self._gone = threading.Event(), threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        if login:
            self._client.username_pw_set(**login)
        self._client.on_message = lambda _c, _d, message: self.heard.append(
            (message.topic, bytes(message.payload), message.retain)
        )
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_disconnect = lambda *_: self._gone.set()
        self._client.connect("127.0.0.1", port)
        # QoS 0, for which the broker waits for no answers: with QoS 1 it holds back what the
        # listener has not confirmed, and loses that when it is killed.
        self._client.subscribe([(topic, 0) for topic in topics or ("#",)])
        self._client.loop_start()
        assert self._ready.wait(DEADLINE_S)

    def of(self, end: str) -> list[bytes]:
        """What was heard under topics that end so, in order."""
        return [payload for topic, payload, _ in self.heard if topic.endswith(end)]

    def json(self, end: str) -> list[Any]:
        return [json.loads(payload) for payload in self.of(end)]

    def faces(self) -> list[int]:
        """The number of each reading that was heard."""
        return [reading["face"] for reading in self.json("/reading")]

    def hear_out(self) -> None:
        """Hear what was still on its way when the broker ended."""
        assert self._gone.wait(DEADLINE_S)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(DEADLINE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Wire:
    """A way to ``port`` that can be cut, and whose two directions can be stopped.

    open: whether who comes is let through; else who comes is sent away.
    forth, back: whether what is sent arrives.
    """

    def __init__(self, port: int) -> None:
        self.open = self.forth = self.back = True
        self.came = 0
        self._to = port
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Tear all connections."""
        with self._lock:
            self._cut()

    def close(self) -> None:
        self._ending.set()
        self._thread.join(DEADLINE_S)
        self._server.close()
        self.cut()

    def _cut(self) -> None:
        for pair in self._pairs:
            for end in pair:
                # Torn, and not ended: who sends next learns of it.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()
        self._pairs.clear()

    def _run(self) -> None:
        while not self._ending.is_set():
            with self._lock:
                ends = {end: pair for pair in self._pairs for end in pair}
                ready, _, _ = select.select([self._server, *ends], [], [], 0.01)
                if self._server in ready:
                    self._let_in()
                for end in ready:
                    if end in ends and ends[end] in self._pairs:
                        self._carry(end, ends[end])

    def _let_in(self) -> None:
        near, _ = self._server.accept()
        self.came += 1
        try:
            far = socket.create_connection(("127.0.0.1", self._to)) if self.open else None
        except OSError:
            far = None
        if far is None:
            near.close()
        else:
            self._pairs.append((near, far))

    def _carry(self, end: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        other = pair[1] if end is pair[0] else pair[0]
        with suppress(OSError):
            data = end.recv(65536)
            if data:
                if self.forth if end is pair[0] else self.back:
                    other.sendall(data)
                return
        self._pairs.remove(pair)
        for each in pair:
            each.close()


class Place(ExitStack):
    """Opens brokers and what else there is, and closes them all."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._brokers = 0

    def broker(self, *lines: str, **options: Any) -> Mosquitto:
        self._brokers += 1
        broker = Mosquitto(self.folder / f"broker{self._brokers}", *lines, **options)
        self.callback(broker.close)
        return broker

    def listener(self, port: int, *topics: str, **login: Any) -> Listener:
        listener = Listener(port, *topics, **login)
        self.callback(listener.close)
        return listener

    def wire(self, port: int) -> Wire:
        wire = Wire(port)
        self.callback(wire.close)
        return wire
