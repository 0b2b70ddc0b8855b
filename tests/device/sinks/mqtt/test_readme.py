"""The README's examples hold for what is really sent."""

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import device.sinks.mqtt
from device.config import MqttSettings
from device.session import Session
from device.sinks.mqtt.about import About
from device.sinks.mqtt.discovery import discovery_payload
from device.sinks.mqtt.messages import Topics, reading_payloads, session_payload, state_payload
from device.sinks.mqtt.present import Moment
from tests.device.sinks.mqtt.conftest import reading

yaml = pytest.importorskip("yaml")
README = (Path(device.sinks.mqtt.__file__).parent / "README.md").read_text(encoding="utf-8")
GO_LAYOUT = "2006-01-02T15:04:05Z07:00"


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def messages():
    session = Session(1, ["happy", "sad"], began=datetime.now(UTC))
    session.see([reading(1)], 0.0)
    session.see([reading(1)], 1.0)
    return {
        "reading": json.loads(reading_payloads([reading(1)])[0]),
        "state": json.loads(state_payload(Moment(True, 1, 1, "happy", 0.5), 0, 0)),
        "session": json.loads(session_payload(session.summary())),
    }


def test_the_settings_are_settings():
    (settings, _) = blocks("toml")
    given = tomllib.loads(settings)["mqtt"]
    assert MqttSettings(**given).enabled


def test_the_messages_have_the_fields_that_are_shown(messages):
    (shown,) = blocks("json")
    for text, sent in zip(shown.splitlines(), messages.values(), strict=True):
        fields = json.loads(text)
        assert list(fields) == list(sent)
        assert {name: type(value) for name, value in fields.items()} == {
            name: type(value) for name, value in sent.items()
        }


TYPES = {"float": float, "int": int, "bool": bool, "string": str}


def test_telegraf_finds_in_the_messages_what_it_is_told_to_look_for(messages):
    (_, telegraf) = blocks("toml")
    inputs = tomllib.loads(telegraf)["inputs"]["mqtt_consumer"]
    topics = Topics("mien", "kitchen")
    for each, topic in zip(inputs, (topics.reading, topics.session), strict=True):
        kind = topic.rpartition("/")[2]
        assert each["topics"] == [f"mien/+/{kind}"]
        (of_topic,) = each["topic_parsing"]
        assert dict(zip(of_topic["tags"].split("/"), topic.split("/"), strict=True))["device"] == (
            "kitchen"
        )
        (parser,) = each["json_v2"]
        message = messages[kind]
        assert parser["timestamp_format"] == GO_LAYOUT
        when = datetime.fromisoformat(message[parser["timestamp_path"]])
        assert when.utcoffset() == timedelta(0) or when.tzinfo is not None
        for field in parser["field"]:
            assert isinstance(message[field["path"]], TYPES[field["type"]])
        for tag in parser["tag"]:
            assert isinstance(message[tag["path"]], int | str)
        for part in parser["object"]:
            assert all(isinstance(value, float) for value in message[part["path"]].values())


def test_home_assistants_examples_name_sensors_that_there_are():
    payload = discovery_payload(
        Topics("mien", "kitchen"), "kitchen", "Mien kitchen", About("1", ["sad"], "m"), 100
    )
    device = json.loads(payload)
    slug = re.compile(r"[^a-z0-9]+")
    # As Home Assistant makes them: the device's name, then the sensor's.
    known = {
        f"{sensor['p']}.{slug.sub('_', (device['dev']['name'] + ' ' + sensor['name']).lower())}"
        for sensor in device["cmps"].values()
    }
    automation, card = (yaml.safe_load(text) for text in blocks("yaml"))
    assert automation["triggers"][0]["to"] in device["cmps"]["emotion"]["options"]
    named = {trigger["entity_id"] for trigger in automation["triggers"]} | set(card["entities"])
    assert named <= known
