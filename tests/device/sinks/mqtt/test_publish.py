"""What a broker is sent, and when."""

import json
import threading

from device.records import UNCERTAIN
from device.sinks.log import Log
from device.sinks.mqtt import Limits
from tests.device.sinks.mqtt.conftest import FRAME, LIMITS, reading
from tests.device.sinks.mqtt.mosquitto import needs_mosquitto
from tests.device.waiting import until

pytestmark = needs_mosquitto


def test_readings_arrive_in_order_with_what_the_log_has_of_them(place, send, tmp_path):
    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port)
    with Log(tmp_path / "x.jsonl") as log:
        for number in range(1, 101):
            log.write([reading(number)])
            mqtt.write([reading(number)])
    until(lambda: len(listener.of("/reading")) >= 100, "the readings")
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    sent = listener.json("mien/kitchen/reading")
    for line, message in zip(lines, sent, strict=True):
        # The moments of writing and of sending are two.
        assert message | {"monotonic_s": line["monotonic_s"]} == line


def test_closing_sends_what_is_queued_and_says_that_the_device_is_off(place, send):
    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port)
    mqtt.write([reading(number) for number in range(1, 1001)])
    mqtt.close()
    until(lambda: listener.of("/availability")[-1:] == [b"offline"], "the end")
    assert listener.faces() == list(range(1, 1001))
    assert listener.of("/availability") == [b"online", b"offline"]
    assert not mqtt._courier._thread.is_alive()
    mqtt.close()  # again


def test_who_comes_late_learns_what_is_so_now_and_no_old_reading(place, send):
    broker = place.broker()
    early = place.listener(broker.port)
    mqtt = send(broker.port)
    mqtt.see(FRAME, [reading(1)])
    mqtt.write([reading(1)])
    until(lambda: early.of("/reading") and early.of("/session") and early.of("/state"))
    late = place.listener(broker.port, "mien/#", "mien/kitchen/availability")
    until(lambda: len({topic for topic, _, _ in late.heard}) == 3, "what is retained")
    assert {topic: retain for topic, _, retain in late.heard} == {
        "mien/kitchen/availability": True,
        "mien/kitchen/session": True,
        "mien/kitchen/state": True,
    }
    assert late.of("/availability")[0] == b"online"


def test_the_state_is_that_of_the_largest_face_and_pictures_do_not_count(place, send):
    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port)
    moments = [
        [reading(1, emotion="happy"), reading(2, emotion="sad", side=50)],
        [reading(1, emotion="happy"), reading(3, emotion="sad", side=90, still=True)],
        [reading(1, emotion=UNCERTAIN)],
        [],
    ]
    for number, readings in enumerate(moments, 1):
        mqtt.see(FRAME, readings)
        until(lambda number=number: len(listener.of("/state")) == number, "the state")
    said = [
        (state["camera"], state["faces"], state["face"], state["emotion"], state["probability"])
        for state in listener.json("/state")
    ]
    assert said == [
        (True, 2, 2, "sad", 0.25),
        (True, 1, 1, "happy", 0.75),
        (True, 1, 1, UNCERTAIN, 0.75),
        (True, 0, None, None, None),
    ]


def test_the_state_tells_when_the_camera_goes_and_comes_back(place, send):
    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port, limits=Limits(turn_s=0.02, calm_s=0, no_camera_s=0))
    mqtt.see(FRAME, [reading(1)])
    until(lambda: len(listener.of("/state")) == 1, "the camera")
    mqtt.idle()
    until(lambda: len(listener.of("/state")) == 2, "its loss")
    mqtt.see(FRAME, [])
    until(lambda: len(listener.of("/state")) == 3, "its return")
    said = [(state["camera"], state["faces"]) for state in listener.json("/state")]
    assert said == [(True, 1), (False, 0), (True, 0)]


def test_a_camera_that_is_only_slow_is_not_lost(place, send):
    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port)
    for number in (1, 2):
        mqtt.see(FRAME, [reading(number)] * number)
        mqtt.idle()
        until(lambda number=number: len(listener.of("/state")) == number, "the state")
    assert [state["camera"] for state in listener.json("/state")] == [True, True]


def test_the_session_comes_at_its_own_pace_and_only_while_something_is_looked_at(place, send):
    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port, every_s=1)
    mqtt.see(FRAME, [])
    until(lambda: listener.of("/session"), "the session")
    # A loop that hangs gives nothing to tell: more than a second of the courier's turns.
    turns = mqtt.pulse()
    until(lambda: mqtt.pulse() > turns + 1.5 / LIMITS.turn_s, "its turns")
    assert len(listener.of("/session")) == 1
    mqtt.see(FRAME, [])
    until(lambda: len(listener.of("/session")) == 2, "the next")
    (first, _) = listener.json("/session")
    assert set(first) == {
        "time", "session", "name", "began", "watched_s", "somebody_s", "faces", "changes",
        "changes_per_h", "negative_share", "shares",
    }  # fmt: skip
    assert list(first["shares"]) == ["happy", "sad", "uncertain"]


def test_a_thread_that_hangs_shows_it(place, send):
    class Stuck:
        def __init__(self):
            self.asked, self.free = threading.Event(), threading.Event()

        def current(self):
            self.asked.set()
            self.free.wait(20)
            raise RuntimeError("nothing is known")

    broker = place.broker()
    figures = Stuck()
    mqtt = send(broker.port, figures=figures)
    until(mqtt.pulse, "the connection")
    before = mqtt.pulse()
    until(lambda: mqtt.pulse() != before, "a turn")
    mqtt.see(FRAME, [])
    assert figures.asked.wait(20)
    before = mqtt.pulse()
    assert before is not None
    for number in range(1000):
        mqtt.write([reading(number)])
    assert mqtt.pulse() == before
    figures.free.set()
    until(lambda: mqtt.pulse() not in (before, None), "a turn")


def test_a_fault_of_ours_is_said_and_the_readings_come_all_the_same(place, send, caplog):
    class Broken:
        def current(self):
            raise RuntimeError("nothing is\nknown")

    broker = place.broker()
    listener = place.listener(broker.port, "mien/#")
    mqtt = send(broker.port, figures=Broken())
    mqtt.see(FRAME, [])
    mqtt.write([reading(1)])
    until(lambda: listener.of("/reading"), "the reading")
    until(lambda: "unexpected RuntimeError: nothing is known" in caplog.text, "a warning")


def test_two_devices_share_a_broker(place, send):
    broker = place.broker()
    listener = place.listener(broker.port)
    sinks = {device: send(broker.port, device=device) for device in ("kitchen", "hall")}
    for number in range(1, 51):
        for mqtt in sinks.values():
            mqtt.write([reading(number)])
    until(lambda: len(listener.of("/reading")) == 100, "all readings")
    for device in sinks:
        faces = [reading["face"] for reading in listener.json(f"mien/{device}/reading")]
        assert faces == list(range(1, 51))
        assert listener.of(f"mien/{device}/availability") == [b"online"]
        assert listener.of(f"mien-{device}/config")
    sinks["hall"].close()
    until(lambda: listener.of("hall/availability")[-1:] == [b"offline"], "one's end")
    assert listener.of("kitchen/availability") == [b"online"]


def test_two_devices_of_one_name_are_told_so(place, send, caplog):
    broker = place.broker()
    send(broker.port, limits=LIMITS)
    send(broker.port, limits=LIMITS)
    until(lambda: "give each device its own name as device" in caplog.text, "a warning")


def test_topics_begin_as_the_settings_say(place, send):
    broker = place.broker()
    listener = place.listener(broker.port)
    send(broker.port, topic="home/first floor/mien").write([reading(1)])
    until(lambda: listener.of("home/first floor/mien/kitchen/reading"), "the reading")
