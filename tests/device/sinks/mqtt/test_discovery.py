"""What Home Assistant is told, and what it would make of it."""

import json
import re

import pytest

from device.sinks.mqtt.discovery import NOBODY
from device.sinks.mqtt.messages import state_payload
from device.sinks.mqtt.present import Moment
from tests.device.sinks.mqtt.conftest import FRAME, reading
from tests.device.sinks.mqtt.mosquitto import needs_mosquitto
from tests.device.waiting import until

jinja2 = pytest.importorskip("jinja2")
pytestmark = needs_mosquitto
CONFIG = "homeassistant/device/mien-kitchen/config"
# As Home Assistant has it: <prefix>/device/<object id>/config.
ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")


@pytest.fixture
def described(place, send):
    """What is described, and who listens to the messages that it speaks of."""
    broker = place.broker()
    listener = place.listener(broker.port)
    mqtt = send(broker.port)
    mqtt.see(FRAME, [reading(1)])
    until(lambda: listener.of("/config") and listener.of("/state") and listener.of("/session"))
    return listener.json("/config")[0], listener


def render(template, payload):
    """What Home Assistant's template engine makes of a message."""
    return jinja2.Template(template).render(value_json=json.loads(payload))


def test_it_is_retained_and_there_before_the_device_is_online(described):
    _, listener = described
    topics = [topic for topic, _, _ in listener.heard]
    assert topics.index(CONFIG) < topics.index("mien/kitchen/availability")


def test_the_message_has_all_that_home_assistant_asks_for(described):
    message, _ = described
    assert message["dev"]["ids"] == ["mien-kitchen"]
    assert message["dev"]["name"] == "Mien kitchen"
    assert message["dev"]["mdl"]
    assert message["dev"]["sw"] == "1.2.3 (mien-0123abcd)"
    assert message["o"]["name"] == "Mien"
    assert message["availability"] == [{"topic": "mien/kitchen/availability"}]
    assert not ILLEGAL.search(CONFIG.split("/")[2])
    ids = [sensor["unique_id"] for sensor in message["cmps"].values()]
    assert len(set(ids)) == len(ids) == 7
    for key, sensor in message["cmps"].items():
        assert not ILLEGAL.search(key)
        assert sensor["p"] in ("sensor", "binary_sensor")
        assert sensor["expire_after"] == 100
        # An enumeration has options, and neither a unit nor statistics.
        if sensor.get("device_class") == "enum":
            assert sensor["options"]
            assert not {"unit_of_measurement", "state_class"} & set(sensor)


def test_each_sensor_finds_its_value_in_the_messages_that_are_really_sent(described):
    message, listener = described
    newest = {topic: payload for topic, payload, _ in listener.heard}
    values = {
        key: render(sensor["value_template"], newest[sensor["state_topic"]])
        for key, sensor in message["cmps"].items()
    }
    assert values["emotion"] == "happy"
    assert values["probability"] == "75.0"
    assert values["faces"] == "1"
    assert values["camera"] == "ON"
    assert all(float(values[key]) >= 0 for key in ("negative", "session", "somebody"))


@pytest.mark.parametrize(
    ("moment", "values"),
    [
        (Moment(True), [NOBODY, "None", "0", "ON", "online"]),
        (Moment(False), [NOBODY, "None", "0", "OFF", "offline"]),
        (Moment(True, 2, 1, "uncertain", 0.3), ["uncertain", "30.0", "2", "ON", "online"]),
    ],
)
def test_nobody_no_camera_and_uncertain_are_values_too(described, moment, values):
    message, _ = described
    payload = state_payload(moment, 0, 0)
    sensors = message["cmps"]
    found = [
        render(sensors[key]["value_template"], payload)
        for key in ("emotion", "probability", "faces", "camera")
    ]
    (_, seen) = sensors["emotion"]["availability"]
    assert [*found, render(seen["value_template"], payload)] == values
    assert found[0] in sensors["emotion"]["options"]


def test_it_is_sent_again_when_home_assistant_starts(described):
    _, listener = described
    before = len(listener.of("/config"))
    listener.say("homeassistant/status", b"offline")
    listener.say("homeassistant/status", b"online")
    until(lambda: len(listener.of("/config")) == before + 1, "the description")
    until(lambda: len(listener.of("/state")) >= 2 and len(listener.of("/session")) >= 2)


def test_without_discovery_nothing_is_said_to_home_assistant(place, send):
    broker = place.broker()
    listener = place.listener(broker.port)
    send(broker.port, discovery=False).write([reading(1)])
    until(lambda: listener.of("/reading"), "the reading")
    assert not [topic for topic, _, _ in listener.heard if topic.startswith("homeassistant")]


def test_switching_it_off_takes_back_what_was_said(place, send):
    broker = place.broker()
    early = place.listener(broker.port)
    send(broker.port).close()
    until(lambda: early.of("/config"), "the description")
    send(broker.port, discovery=False)
    until(lambda: early.of("/config")[-1] == b"", "its end")
    late = place.listener(broker.port)
    until(lambda: late.of("/availability"), "what is retained")
    assert not late.of("/config")


def test_another_prefix_is_kept_to(place, send):
    broker = place.broker()
    listener = place.listener(broker.port)
    send(broker.port, discovery_prefix="ha/discovery", name="Küche")
    until(lambda: listener.of("ha/discovery/device/mien-kitchen/config"), "the description")
    assert listener.json("/config")[0]["dev"]["name"] == "Küche"
