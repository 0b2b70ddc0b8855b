"""Settings: one TOML file, typed and checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from device import permission
from device.errors import ConfigError, why
from device.wrong_settings import explain_encoding, explain_toml, explain_value

# A file name may hold anything but this.
_NO_NUL = r"^[^\x00]*$"
Name = Annotated[str, Meta(min_length=1, pattern=_NO_NUL)]
# As it stands in a browser's address line between "http://" and the port.
HostName = Annotated[str, Meta(min_length=1, pattern=r"^[\w.:\[\]-]+$")]

# The beginning of an MQTT topic: no wildcard, and no empty level.
TopicName = Annotated[
    str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f+#/$]+(/[^\x00-\x1f\x7f+#/]+)*\Z")
]


# What the points of a face are used for.
Use = Literal["level", "steady", "blobs"]


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of a camera; it may give what is nearest to it.

    reboot_after: after so many new starts in a row for a camera whose driver hangs, the service
        asks for a reboot of the system, once an hour at most; 0: never.
    """

    width_px: Annotated[int, Meta(ge=160, le=4096)] = 640
    height_px: Annotated[int, Meta(ge=120, le=4096)] = 480
    rate_hz: Annotated[float, Meta(ge=1, le=120)] = 15.0
    reboot_after: Annotated[int, Meta(ge=0, le=1000)] = 0


class FaceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How faces are looked for and followed; see ``FaceFinder`` and ``FaceFollower``.

    landmarks: what the points of a face are used for (``device.faces.Marks``); for nothing,
        their network is not loaded.
    """

    width_px: Annotated[int, Meta(ge=80, le=4096)] = 320
    smallest: Annotated[float, Meta(ge=0.05, le=1)] = 0.15
    scale_step: Annotated[float, Meta(ge=1.01, le=2)] = 1.15
    neighbours: Annotated[int, Meta(ge=1, le=50)] = 3
    search_hz: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    forget_s: Annotated[float, Meta(ge=0.1, le=3600)] = 3.0
    still_s: Annotated[float, Meta(ge=1, le=3600)] = 20.0
    landmarks: tuple[Use, ...] = ("level", "steady")

    def __post_init__(self) -> None:
        if len(set(self.landmarks)) < len(self.landmarks):
            given = ", ".join(self.landmarks)
            raise ValueError(f"landmarks are {given}: give each once")


class EmotionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How calmly a face is read; see ``device.emotions.Calm``."""

    average_s: Annotated[float, Meta(ge=0, le=60)] = 0.7
    margin: Annotated[float, Meta(ge=0, le=0.9)] = 0.15
    uncertain_below: Annotated[float, Meta(ge=0, le=0.9)] = 0.35

    def __post_init__(self) -> None:
        needed = self.uncertain_below + self.margin / 2
        if needed >= 1:
            raise ValueError(
                f"uncertain_below and half of margin make {needed:g}, and no emotion is so "
                "probable: give less than 1 in all"
            )


class PanelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the attached screen shows things.

    framebuffer: its device, for ``screen = "framebuffer"``; "" for the first small panel.
    size_px: of the window; a console and a panel have a size of their own.
    rotate_deg: how far the drawing is turned clockwise, for a panel that hangs on its side.
    mirror: show the picture as a mirror does.
    view: what is shown first: the picture, bars alone without it, or the session's statistics.
    rate_hz: drawings a second, at most.
    """

    framebuffer: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    size_px: tuple[Annotated[int, Meta(ge=160, le=7680)], Annotated[int, Meta(ge=120, le=4320)]] = (
        800,
        480,
    )
    rotate_deg: Literal[0, 90, 180, 270] = 0
    mirror: bool = True
    view: Literal["picture", "bars", "statistics"] = "picture"
    rate_hz: Annotated[float, Meta(ge=0.5, le=60)] = 10.0


class PageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the web page listens, and who may see it.

    host: the address it binds to; any but a loopback address needs a password.
    port: its port.
    names: further names that it may be asked for under, beside the machine's own.
    password_hash: what ``python -m device password`` prints; "" for the one in the state
        folder, or one made up at the start.
    clients: how many connections there may be at once.
    rate_hz: pictures a second in its stream, at most.
    quality: of those pictures, as JPEG has it.
    """

    host: Name = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    names: tuple[HostName, ...] = ()
    password_hash: str = ""
    clients: Annotated[int, Meta(ge=2, le=1000)] = 100
    rate_hz: Annotated[float, Meta(ge=0.2, le=30)] = 10.0
    quality: Annotated[int, Meta(ge=10, le=95)] = 80


class PictureSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people see of the picture, on the attached screen and on the page; see ``device.veil``.

    background: what is not a face's: as it is, blurred, or black.
    faces: as they are, or blurred with the heads that they are on.
    """

    background: Literal["show", "blur", "black"] = "show"
    faces: Literal["show", "blur"] = "show"

    @property
    def hides(self) -> bool:
        """Whether anything is hidden at all."""
        return (self.background, self.faces) != ("show", "show")


class HistorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the past is kept."""

    keep_days: Annotated[float, Meta(ge=0.01, le=36500)] = 400.0
    max_bytes: Annotated[int, Meta(ge=200_000)] = 50_000_000


class MqttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which MQTT broker is sent what is read, and how; see ``device/sinks/mqtt``.

    enabled: send it.
    host, port: of the broker; port 0 is 1883, with TLS 8883.
    device: what this device is called in topics; "" for its host's name and a number.
    name: what people call it, in Home Assistant; "" for "Mien" and its host's name.
    topic: what all topics begin with.
    user, password_file: as whom it comes, and the file whose first line is the password.
    tls: encrypt, and make sure of the broker.
    ca_file: the certificate of the authority that vouches for it; "" for the system's.
    cert_file, key_file: the certificate that this device shows, and its key; "" for none.
    every_s: the session's figures are sent so often, and the state where nothing changes.
    queue: how many readings wait for a broker that is away; the oldest go first.
    keepalive_s: a broker that says nothing for that long is asked, then given up.
    discovery: have Home Assistant find the device by itself; false has it forget it.
    discovery_prefix: what Home Assistant's own topics begin with.
    """

    enabled: bool = False
    host: Annotated[str, Meta(max_length=255, pattern=r"^[\w.:%-]*\Z")] = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    device: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,64}\Z")] = ""
    name: Annotated[str, Meta(max_length=100)] = ""
    topic: TopicName = "mien"
    user: Annotated[str, Meta(max_length=1000, pattern=_NO_NUL)] = ""
    password_file: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    tls: bool = False
    ca_file: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    cert_file: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    key_file: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    every_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0
    queue: Annotated[int, Meta(ge=100, le=1_000_000)] = 10_000
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    discovery: bool = True
    discovery_prefix: TopicName = "homeassistant"

    def __post_init__(self) -> None:
        if self.enabled and not self.host:
            raise ValueError("enabled without host: give the broker's")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file: give both, or neither")
        if (self.ca_file or self.cert_file) and not self.tls:
            raise ValueError("ca_file and cert_file need tls = true")
        if self.password_file and not self.user:
            raise ValueError("password_file without user: give the user's name")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, with their defaults.

    source: "auto" (a camera, or the demo clip where there is none), "camera"
        (any camera, or an error), "picamera", a webcam ("/dev/video0" or "0"),
        a video file, or a folder of images.
    model: "auto" (what ``mien model use`` chose, or the shipped one), the name of a model, or
        the path of a ``.tflite`` file.
    runtime: which TFLite runtime; "auto" takes the fastest that is installed.
    threads: how many threads it may use.
    rate_hz: readings of a face a second.
    look_hz: frames a second that are looked at, at most, or ``rate_hz`` where that is more; a
        reading is their average.
    log: the file that readings are appended to; "" for none.
    log_max_bytes: at this size the log is put aside and compressed, and a new one begun; at a
        third of ``log_total_bytes`` where that is less.
    log_max_age_h: the same once its first line is so old, in hours.
    log_keep: how many logs that were put aside are kept.
    log_total_bytes: the log and those put aside, together never more: the oldest go.
    log_sync_s: how far one time is from the next that the disk is told to keep what was logged;
        what is newer a power cut may cost.
    log_raw: log every answer of the network, ``look_hz`` a second, in place of the readings.
    screen: where the attached screen is looked for; "auto" is quiet where there is none, and
        off for a recording.
    web: serve the web page.
    language: of the attached screen and of reports; "auto" takes the system's.
    state: the folder of what is remembered, the history and the page's password; "" keeps
        both for this run alone.
    """

    source: Name = "auto"
    model: Name = "auto"
    runtime: Literal["auto", "litert", "tflite-runtime"] = "auto"
    threads: Annotated[int, Meta(ge=1, le=16)] = 1
    rate_hz: Annotated[float, Meta(ge=0.01, le=60)] = 1.0
    look_hz: Annotated[float, Meta(ge=0.1, le=60)] = 10.0
    log: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    log_max_bytes: Annotated[int, Meta(ge=10_000)] = 10_000_000
    log_max_age_h: Annotated[float, Meta(ge=0.01, le=1_000_000)] = 24.0
    log_keep: Annotated[int, Meta(ge=0, le=1000)] = 99
    log_total_bytes: Annotated[int, Meta(ge=30_000)] = 100_000_000
    log_sync_s: Annotated[float, Meta(ge=0.1, le=3600)] = 1.0
    log_raw: bool = False
    screen: Literal["auto", "window", "console", "framebuffer", "off"] = "auto"
    web: bool = False
    language: Literal["auto", "en", "fr"] = "auto"
    state: Annotated[str, Meta(pattern=_NO_NUL)] = ""
    camera: CameraSettings = CameraSettings()
    faces: FaceSettings = FaceSettings()
    emotions: EmotionSettings = EmotionSettings()
    picture: PictureSettings = PictureSettings()
    panel: PanelSettings = PanelSettings()
    page: PageSettings = PageSettings()
    history: HistorySettings = HistorySettings()
    mqtt: MqttSettings = MqttSettings()

    @property
    def history_path(self) -> Path | None:
        """Where the history of sessions lies; None where it is of this run alone."""
        return Path(self.state) / "history.db" if self.state else None


def read_settings(path: Path | None, **overrides: object) -> Settings:
    """Return the settings in the file at ``path``; ``overrides`` that are not None win.

    One that is a dict overrides in the table of that name.

    Raises ConfigError, naming the file and the place, for a file that cannot be
    read, a key that is unknown, a type that is wrong and a value that is
    impossible.
    """
    content = {} if path is None else _read_toml(path)
    for name, value in overrides.items():
        _override(content, name, value)
    try:
        return msgspec.convert(content, Settings)
    except msgspec.ValidationError as error:
        where = "settings" if path is None else str(path)
        raise ConfigError(f"{where}: {explain_value(str(error), content, Settings)}") from error


def _override(content: dict[str, Any], name: str, value: object) -> None:
    """Put ``value`` in the place of what ``content`` says, unless it is None."""
    if isinstance(value, dict):
        table = content.setdefault(name, {}) if any(v is not None for v in value.values()) else None
        if isinstance(table, dict):  # what is none is told as a wrong type
            for key, inner in value.items():
                _override(table, key, inner)
    elif value is not None:
        content[name] = value


def _read_toml(path: Path) -> dict[str, Any]:
    text = _read_text(path)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # the latter for brackets without end
        raise ConfigError(f"{path}: {explain_toml(error, text)}") from error


def _read_text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise ConfigError(f"cannot read the settings {path}: not a file")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: {explain_encoding(error)}") from error
    except OSError as error:
        reason = why(error)
        if isinstance(error, PermissionError):
            reason += f": {permission.advice(path)}"
        raise ConfigError(f"cannot read the settings {path}: {reason}") from error
