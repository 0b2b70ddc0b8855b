"""Readings for an MQTT broker: home automation, and many devices in one place."""

from device.sinks.mqtt.about import About
from device.sinks.mqtt.limits import Limits
from device.sinks.mqtt.probe import probe
from device.sinks.mqtt.sink import Mqtt

__all__ = ["About", "Limits", "Mqtt", "probe"]
