"""Tries whether the broker lets us in."""

from __future__ import annotations

import threading

from device.config import MqttSettings
from device.errors import MienError, SinkError
from device.sinks.mqtt.about import device_id
from device.sinks.mqtt.broker import Broker, open_broker


def probe(settings: MqttSettings, limit_s: float = 5.0) -> str:
    """Connect to the broker and leave again; return where it is, and as whom we come.

    A number of its own keeps it from taking the place of a program that runs.

    Raises ConfigError where a file that ``settings`` name cannot be used, SinkError where the
    broker cannot be reached in ``limit_s`` seconds, or refuses.
    """
    broker = open_broker(settings)
    device = device_id(settings.device)
    failed: list[MienError] = []
    # In a thread, since nothing else ends the search for a host's name.
    thread = threading.Thread(
        target=_try, args=(broker, device, limit_s, failed), name="mqtt check", daemon=True
    )
    thread.start()
    thread.join(limit_s + 1)
    if thread.is_alive():
        raise SinkError(f"{broker.place}: no answer within {limit_s:g} s")
    if failed:
        raise failed[0]
    how = "" if broker.tls else ", not encrypted"
    return f"connects to {broker.place} as {broker.user or 'nobody'}{how}; device {device}"


def _try(broker: Broker, device: str, limit_s: float, failed: list[MienError]) -> None:
    from device.sinks.mqtt.link import Link

    try:
        link = Link(broker, f"mien-{device}-check", None, limit_s)
        try:
            link.leave(1.0)
        finally:
            link.close()
    except MienError as error:
        failed.append(error)
