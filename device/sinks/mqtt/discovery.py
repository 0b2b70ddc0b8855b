"""Tells Home Assistant of the device, so that it appears there with its sensors by itself.

One message has the whole device with its sensors ("device discovery", Home Assistant 2024.11
and later); it is retained, and an empty one in its place removes the device.
"""

from __future__ import annotations

import msgspec

from device.machine import machine_name
from device.records import UNCERTAIN
from device.sinks.mqtt.about import About
from device.sinks.mqtt.messages import Topics

NOBODY = "nobody"


def discovery_topic(prefix: str, device: str) -> str:
    """Return where Home Assistant looks for the device."""
    return f"{prefix}/device/mien-{device}/config"


def birth_topic(prefix: str) -> str:
    """Return where Home Assistant says that it has started."""
    return f"{prefix}/status"


def discovery_payload(
    topics: Topics, device: str, name: str, about: About, expire_s: float
) -> bytes:
    """Return the message that describes the device.

    expire_s: what is older than that is called unavailable.
    """
    return msgspec.json.encode(
        {
            "dev": {
                "ids": [f"mien-{device}"],
                "name": name,
                "mf": "Mien",
                "mdl": machine_name(),
                "sw": f"{about.version} ({about.model_id})",
            },
            "o": {"name": "Mien", "sw": about.version},
            "availability": [{"topic": topics.availability}],
            "qos": 1,
            "cmps": {
                key: {"unique_id": f"mien-{device}-{key}", "expire_after": int(expire_s), **sensor}
                for key, sensor in _sensors(topics, about.labels).items()
            },
        }
    )


def _sensors(topics: Topics, labels: list[str]) -> dict[str, dict[str, object]]:
    state: dict[str, object] = {"p": "sensor", "state_topic": topics.state}
    # Without a camera nobody knows who is there.
    seen = state | {
        "availability_mode": "all",
        "availability": [
            {"topic": topics.availability},
            {
                "topic": topics.state,
                "value_template": "{{ 'online' if value_json.camera else 'offline' }}",
            },
        ],
    }
    session: dict[str, object] = {"p": "sensor", "state_topic": topics.session}
    return {
        "emotion": seen
        | {
            "name": "Emotion",
            "icon": "mdi:emoticon-outline",
            "device_class": "enum",
            "options": [*(label for label in labels if label != UNCERTAIN), UNCERTAIN, NOBODY],
            "value_template": f"{{{{ value_json.emotion or '{NOBODY}' }}}}",
        },
        "probability": seen
        | {
            "name": "Probability",
            "icon": "mdi:percent-outline",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "value_template": "{{ (value_json.probability * 100) | round(1) "
            "if value_json.probability is not none else none }}",
        },
        "faces": seen
        | {
            "name": "Faces",
            "icon": "mdi:account-group-outline",
            "state_class": "measurement",
            "value_template": "{{ value_json.faces }}",
        },
        "negative": session
        | {
            "name": "Negative share",
            "icon": "mdi:emoticon-sad-outline",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "value_template": "{{ (value_json.negative_share * 100) | round(1) }}",
        },
        "session": session
        | {
            "name": "Session",
            "device_class": "duration",
            "unit_of_measurement": "min",
            "suggested_display_precision": 0,
            "value_template": "{{ (value_json.watched_s / 60) | round(1) }}",
        },
        "somebody": session
        | {
            "name": "Somebody there",
            "device_class": "duration",
            "unit_of_measurement": "min",
            "suggested_display_precision": 0,
            "value_template": "{{ (value_json.somebody_s / 60) | round(1) }}",
        },
        "camera": {
            "p": "binary_sensor",
            "state_topic": topics.state,
            "name": "Camera",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "value_template": "{{ 'ON' if value_json.camera else 'OFF' }}",
        },
    }
