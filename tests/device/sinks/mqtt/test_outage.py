"""A broker that goes, hangs, refuses, or is not there: nothing is lost that has room."""

import logging
import socket
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from tests.device.sinks.mqtt.conftest import FRAME, LIMITS, reading
from tests.device.sinks.mqtt.mosquitto import free_port, needs_mosquitto
from tests.device.waiting import until


def without_repeats(numbers):
    return list(dict.fromkeys(numbers))


def in_order_but_for_what_came_again(numbers):
    """Whether each goes on by one, or back to one that was there."""
    highest = 0
    for number in numbers:
        if number > highest + 1:
            return False
        highest = max(highest, number)
    return True


@needs_mosquitto
def test_nothing_is_lost_and_order_is_kept_when_the_broker_is_killed_again_and_again(place, send):
    broker = place.broker()
    # Who listens is let in first each time, so what it misses was never sent.
    wire = place.wire(broker.port)
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(wire.port)
    heard = []
    number = 0
    for _ in range(5):
        for _ in range(100):
            number += 1
            mqtt.write([reading(number)])
            if number % 100 == 50:  # while some are under way
                wire.open = False
                broker.kill()
        listener.hear_out()
        listener.close()
        heard += listener.faces()
        broker.start()
        listener = place.listener(broker.port, "mien/#")
        wire.open = True
    until(lambda: listener.faces()[-1:] == [number], "the last reading")
    heard += listener.faces()
    assert without_repeats(heard) == list(range(1, number + 1))
    assert in_order_but_for_what_came_again(heard)


@needs_mosquitto
def test_what_was_not_confirmed_is_sent_again_first_and_in_order(place, send):
    broker = place.broker()
    wire = place.wire(broker.port)
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(wire.port)
    mqtt.write([reading(1)])
    until(lambda: not len(mqtt._outbox), "the first")
    wire.back = False  # the broker gets all, and its answers are lost
    for number in range(2, 31):
        mqtt.write([reading(number)])
    until(lambda: len(listener.faces()) >= 20, "those that may be under way")
    wire.cut()
    wire.back = True
    until(lambda: not len(mqtt._outbox), "all")
    heard = listener.faces()
    assert without_repeats(heard) == list(range(1, 31))
    assert in_order_but_for_what_came_again(heard)
    assert len(heard) > 30


def test_no_more_is_under_way_than_the_broker_allows(send):
    # It lets us in, two at once, and confirms nothing.
    with closing(Bad(b"\x20\x06\x00\x00\x03\x21\x00\x02", closes=False)) as bad:
        mqtt = send(bad.port)
        mqtt.write([reading(number) for number in range(100)])
        until(lambda: mqtt._courier._flight, "the first")
        turns = mqtt.pulse()
        until(lambda: mqtt.pulse() > turns + 5, "turns")
        assert len(mqtt._courier._flight) == 2


def test_a_thread_that_waits_for_the_network_does_not_hang(send):
    with closing(Bad(None, closes=False)) as bad:
        mqtt = send(bad.port, limits=replace(LIMITS, connect_s=3))
        until(lambda: bad.came, "a try")
        assert mqtt.pulse() is None
        until(lambda: mqtt.pulse() is not None, "a pause")


@needs_mosquitto
def test_what_is_sent_into_a_connection_that_has_just_gone_is_not_lost(place, send, monkeypatch):
    broker = place.broker()
    wire = place.wire(broker.port)
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(wire.port)
    until(lambda: listener.of("/availability"), "the connection")
    held, cut = threading.Event(), threading.Event()

    def hold_up(board):
        held.set()
        assert cut.wait(20)

    # Right before it looks what is to be sent.
    monkeypatch.setattr(mqtt._courier, "_compose", hold_up)
    assert held.wait(20)
    mqtt.write([reading(number) for number in range(1, 101)])
    wire.cut()
    cut.set()
    until(lambda: not len(mqtt._outbox), "all")
    assert listener.faces() == list(range(1, 101))


@needs_mosquitto
def test_a_broker_that_is_not_there_at_the_start_gets_all_once_it_is(place, send, caplog):
    caplog.set_level(logging.INFO)
    broker = place.broker()
    broker.kill()
    wire = place.wire(broker.port)
    mqtt = send(wire.port)
    for number in range(1, 101):
        mqtt.write([reading(number)])
    until(lambda: wire.came >= 3, "some tries")
    wire.open = False
    broker.start()
    listener = place.listener(broker.port, "mien/#")
    wire.open = True
    until(lambda: len(listener.faces()) >= 100, "the readings")
    assert listener.faces() == list(range(1, 101))
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "tried again" in line]) == 1
    assert lines[-1] == f"mqtt: connected to 127.0.0.1:{wire.port}"


@needs_mosquitto
def test_beyond_its_size_the_queue_drops_the_oldest_and_says_so_once(place, send, caplog):
    broker = place.broker()
    wire = place.wire(broker.port)
    wire.open = False
    mqtt = send(wire.port, queue=100)
    for number in range(1, 1001):
        mqtt.write([reading(number)])
    until(lambda: "no room" in caplog.text, "a warning")
    listener = place.listener(broker.port, "mien/#")
    mqtt.see(FRAME, [])
    wire.open = True
    until(lambda: len(listener.faces()) >= 100 and listener.of("/state"), "the readings")
    assert listener.faces() == list(range(901, 1001))
    assert listener.json("/state")[-1]["dropped"] == 900
    assert caplog.text.count("no room for more than 100 readings (queue)") == 1


@needs_mosquitto
def test_a_broker_that_freezes_is_given_up_and_nothing_is_lost(place, send, caplog):
    broker = place.broker()
    wire = place.wire(broker.port)
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(wire.port, keepalive_s=5, limits=replace(LIMITS, turn_s=0.2))
    until(lambda: listener.of("/availability"), "the connection")
    wire.forth = wire.back = False
    for number in range(1, 51):
        mqtt.write([reading(number)])
    until(lambda: "the connection was lost" in caplog.text, "a warning")
    wire.forth = wire.back = True
    until(lambda: len(listener.faces()) >= 50, "the readings")
    assert listener.faces() == list(range(1, 51))


class Bad:
    """Takes connections and treats them badly."""

    def __init__(self, answer, *, closes):
        self.came = 0
        self._closes = closes
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self._held = []
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._run, daemon=True, name="bad broker").start()

    def _run(self):
        while True:
            try:
                there, _ = self._server.accept()
            except OSError:
                return
            self.came += 1
            self._held.append(there)
            if self._answer is None:
                continue
            there.recv(1000)
            there.sendall(self._answer)
            if self._closes:
                there.close()

    def close(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for there in self._held:
            there.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "it takes the connection and says nothing: is it an MQTT broker?"),
        (b"", "it closes the connection before it answers"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is the port right"),
        (b"\x20\x09\x00\x84\x06\x22\x00\x0a\x21\x00\x14", "it does not speak MQTT 5"),
        (b"\x20\x02\x00\x01", "it does not speak MQTT 5"),
        (b"\x20\x03\x00\x89\x00", "it refuses the connection: server busy"),
        (b"\x20\xff\xff\xff\xff\xff", "what answers there is no MQTT broker"),
        (b"\x20\x03\x00\x00", "it closes the connection before it answers"),
        (b"\x20\x03\x00\x00\x00\x30\x05\x00\xff\xff\xff\xff", "no MQTT broker: is"),
    ],
    ids=["silent", "closes", "web server", "old", "older", "busy", "garbage", "torn", "later"],
)  # fmt: skip
def test_a_bad_broker_is_named_once_and_holds_up_nothing(send, caplog, answer, said):
    with closing(Bad(answer, closes="MQTT broker" not in said)) as bad:
        mqtt = send(bad.port, limits=replace(LIMITS, connect_s=0.3))
        until(lambda: bad.came >= 3, "some tries")
        for number in range(1, 1001):
            mqtt.see(FRAME, [reading(number)])
            mqtt.write([reading(number)])
        assert len(mqtt._outbox) == 1000
        until(lambda: said in caplog.text, "a warning")
        mqtt.close()
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if said in line and "tried again" in line] == [lines[0]]
    assert "mqtt: 1000 readings were not sent" in lines
    assert not mqtt._courier._thread.is_alive()


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", "nobody listens there: does the broker run, is the port right?"),
        ("no.such.host.invalid", "no such host is found"),
        ("a" * 70 + ".invalid", "no such host is found"),
        ("::1", "[::1]:"),
    ],
)
def test_a_broker_that_cannot_be_reached_is_named(send, caplog, host, said):
    mqtt = send(free_port(), host=host)
    until(lambda: said in caplog.text, "a warning")
    mqtt.write([reading(1)])
    mqtt.close()
    assert not mqtt._courier._thread.is_alive()
    assert "\n" not in caplog.records[0].getMessage()


def test_what_is_wrong_is_said_again_later(send, caplog):
    send(free_port(), limits=replace(LIMITS, repeat_s=0.1))
    until(lambda: caplog.text.count("nobody listens there") >= 3, "it again")


def test_pauses_between_tries_grow(send, monkeypatch):
    from device.sinks.mqtt.courier import Courier

    pauses = []
    monkeypatch.setattr(Courier, "_pause", lambda _, s: pauses.append(s) or len(pauses) < 8)
    send(free_port(), limits=replace(LIMITS, first_pause_s=1, longest_pause_s=10))
    until(lambda: len(pauses) == 8, "some pauses")
    for pause_s, most_s in zip(pauses, [1, 2, 4, 8, 10, 10, 10, 10], strict=True):
        assert most_s / 2 <= pause_s <= most_s
