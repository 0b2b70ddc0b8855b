"""Where the broker is, and what it is told to let us in."""

from __future__ import annotations

import importlib.util
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from device.config import MqttSettings
from device.errors import ConfigError, why

if TYPE_CHECKING:
    import ssl

_PORT, _TLS_PORT = 1883, 8883
_MAX_BYTES = 10_000


@dataclass(frozen=True)
class Broker:
    """Where it is, and as whom.

    password: never shown.
    tls: None for a connection that is not encrypted.
    """

    host: str
    port: int
    user: str
    password: str
    tls: ssl.SSLContext | None
    keepalive_s: int

    def __repr__(self) -> str:
        return f"Broker({self.place})"

    @property
    def place(self) -> str:
        """Return host and port, as people read them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def open_broker(settings: MqttSettings) -> Broker:
    """Read what ``settings`` name: the password, certificates.

    Raises ConfigError, naming the file, where one cannot be used or others may read the
    password.
    """
    if importlib.util.find_spec("paho") is None:
        raise ConfigError(
            "[mqtt] enabled: paho-mqtt is not installed: pip install -r requirements-pi.txt"
        )
    return Broker(
        host=settings.host,
        port=settings.port or (_TLS_PORT if settings.tls else _PORT),
        user=settings.user,
        password=_read_password(Path(settings.password_file)) if settings.password_file else "",
        tls=_open_tls(settings) if settings.tls else None,
        keepalive_s=settings.keepalive_s,
    )


def _read_password(path: Path) -> str:
    """Return the first line of the file that holds the password alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            content = file.read(_MAX_BYTES) if stat.S_ISREG(mode) else None
    except OSError as error:
        raise ConfigError(f"[mqtt] password_file {path}: cannot be read: {why(error)}") from error
    if content is None:
        raise ConfigError(f"[mqtt] password_file {path}: not a file")
    if mode & stat.S_IRWXO:
        raise ConfigError(
            f"[mqtt] password_file {path}: everybody may read it: chmod o= {path}"
            if mode & stat.S_IROTH
            else f"[mqtt] password_file {path}: everybody may change it: chmod o= {path}"
        )
    try:
        password = content.split(b"\n", 1)[0].rstrip(b"\r").decode()
    except UnicodeDecodeError:  # without its text, which would show the password
        raise ConfigError(f"[mqtt] password_file {path}: not UTF-8") from None
    if not password:
        raise ConfigError(f"[mqtt] password_file {path}: its first line is empty")
    return password


def _open_tls(settings: MqttSettings) -> ssl.SSLContext:
    from device.sinks.mqtt.tls import open_tls  # only where it is wanted

    return open_tls(settings.ca_file, settings.cert_file, settings.key_file)
