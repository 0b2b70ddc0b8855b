"""Who is let in, and by whom: passwords, certificates, what may be published."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import device.sinks.mqtt
from device.config import MqttSettings
from device.errors import ConfigError, SinkError
from device.sinks.mqtt import probe
from device.sinks.mqtt.broker import open_broker
from tests.device.sinks.mqtt.certificates import Authority, needs_openssl
from tests.device.sinks.mqtt.conftest import FRAME, reading
from tests.device.sinks.mqtt.mosquitto import answers, free_port, needs_mosquitto
from tests.device.waiting import until

SECRET = "correct horse € battery"  # noqa: S105 - of these tests
LOGIN = {"username": "reader", "password": "listens"}


def password_file(folder: Path, content: str = SECRET + "\n", mode: int = 0o640) -> str:
    path = folder / "password"
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def settings(**changes) -> MqttSettings:
    return MqttSettings(**{"enabled": True, "host": "127.0.0.1", "device": "kitchen", **changes})


@pytest.fixture(scope="module")
def users(tmp_path_factory) -> Path:
    """Mosquitto's file of users: mien and reader."""
    if shutil.which("mosquitto_passwd") is None:
        pytest.skip("needs the package mosquitto")
    path = tmp_path_factory.mktemp("users") / "users"
    path.touch(0o600)
    for user, password in (("mien", SECRET), ("reader", "listens")):
        command = ["mosquitto_passwd", "-b", path, user, password]
        subprocess.run(command, check=True, capture_output=True)
    return path


@needs_mosquitto
class TestPasswords:
    def test_the_right_one_opens(self, place, send, users, tmp_path):
        broker = place.broker(f"password_file {users}", anonymous=False)
        listener = place.listener(broker.port, "mien/#", **LOGIN)
        send(broker.port, user="mien", password_file=password_file(tmp_path)).write([reading(1)])
        until(lambda: listener.faces() == [1], "the reading")

    @pytest.mark.parametrize(
        ("user", "content", "said"),
        [
            ("mien", "wrong\n", "it refuses the user 'mien' or the password"),
            ("nobody", SECRET, "it refuses the user 'nobody' or the password"),
            ("", "", "it wants a user name and a password: give user and password_file"),
        ],
    )
    def test_a_wrong_one_is_named_as_such_and_never_shown(
        self, place, send, users, tmp_path, caplog, user, content, said
    ):
        caplog.set_level("DEBUG")
        broker = place.broker(f"password_file {users}", anonymous=False)
        given = {"user": user, "password_file": password_file(tmp_path, content)} if user else {}
        mqtt = send(broker.port, **given)
        mqtt.write([reading(1)])
        until(lambda: said in caplog.text, "a warning")
        assert len(mqtt._outbox) == 1
        assert not content or content.strip() not in caplog.text
        with pytest.raises(SinkError, match=said):
            probe(settings(port=broker.port, **given))

    def test_one_that_was_wrong_is_tried_again_when_the_broker_knows_it(
        self, place, send, users, tmp_path
    ):
        mine = tmp_path / "users"
        mine.write_text("reader" + users.read_text().partition("reader")[2])
        broker = place.broker(f"password_file {mine}", anonymous=False)
        mqtt = send(broker.port, user="mien", password_file=password_file(tmp_path))
        mqtt.write([reading(1)])
        broker.kill()
        mine.write_text(users.read_text())
        broker.start()
        until(lambda: not len(mqtt._outbox), "the reading's way")


@needs_mosquitto
def test_what_may_not_be_published_is_said_once_and_holds_up_nothing_else(
    place, send, users, tmp_path, caplog
):
    acl = tmp_path / "acl"
    acl.write_text("user mien\ntopic write mien/+/state\nuser reader\ntopic read #\n")
    acl.chmod(0o600)
    broker = place.broker(f"password_file {users}", f"acl_file {acl}", anonymous=False)
    listener = place.listener(broker.port, "#", **LOGIN)
    mqtt = send(broker.port, user="mien", password_file=password_file(tmp_path))
    for number in range(1, 101):
        mqtt.see(FRAME, [reading(number)])
        mqtt.write([reading(number)])
    until(lambda: not len(mqtt._outbox) and listener.of("/state"), "the state")
    assert not listener.of("/reading")
    said = "it does not take mien/kitchen/reading from mien: not authorized"
    assert caplog.text.count(said) == 1


@needs_mosquitto
def test_the_rights_in_the_readme_are_enough(place, send, users, tmp_path, caplog):
    readme = Path(device.sinks.mqtt.__file__).with_name("README.md").read_text(encoding="utf-8")
    (rights,) = re.findall(r"```\n# /etc/mosquitto/acl\n(.*?)```", readme, flags=re.DOTALL)
    acl = tmp_path / "acl"
    acl.write_text(f"{rights}user reader\ntopic readwrite #\n")
    acl.chmod(0o600)
    broker = place.broker(f"password_file {users}", f"acl_file {acl}", anonymous=False)
    listener = place.listener(broker.port, "#", **LOGIN)
    given = {"user": "mien", "password_file": password_file(tmp_path)}
    mqtt = send(broker.port, **given)
    mqtt.see(FRAME, [])
    mqtt.write([reading(1)])
    until(lambda: len({topic for topic, _, _ in listener.heard}) == 5, "all topics")
    listener.say("homeassistant/status", b"online")
    until(lambda: len(listener.of("/config")) == 2, "the description again")
    mqtt.close()
    send(broker.port, discovery=False, **given)
    until(lambda: listener.of("/config")[-1] == b"", "its end")
    assert not caplog.records


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "ca")


def tls_lines(authority: Authority, alternative: str = "IP:127.0.0.1", **options) -> list[str]:
    certificate, key = authority.issue(f"broker-{alternative[-3:]}", alternative, **options)
    return [f"certfile {certificate}", f"keyfile {key}"]


@needs_mosquitto
@needs_openssl
class TestTls:
    @pytest.fixture
    def broker(self, place, authority):
        return place.broker(*tls_lines(authority))

    def test_readings_arrive_over_a_connection_that_is_made_sure_of(
        self, place, send, authority, tmp_path
    ):
        inside = free_port()
        lines = [*tls_lines(authority), f"listener {inside} 127.0.0.1"]
        broker = place.broker(*lines)
        until(lambda: answers(inside), "its other port")
        listener = place.listener(inside, "mien/#")
        mqtt = send(broker.port, tls=True, ca_file=str(authority.certificate))
        for number in range(1, 501):
            mqtt.write([reading(number)])
        until(lambda: len(listener.faces()) >= 500, "the readings")
        assert listener.faces() == list(range(1, 501))
        mqtt.close()
        until(lambda: listener.of("/availability")[-1:] == [b"offline"], "the end")

    def test_the_check_says_whether_it_is_encrypted(self, place, broker, authority):
        given = {"port": broker.port, "tls": True, "ca_file": str(authority.certificate)}
        assert probe(settings(**given)) == (
            f"connects to 127.0.0.1:{broker.port} as nobody; device kitchen"
        )
        plain = place.broker()
        assert "as nobody, not encrypted" in probe(settings(port=plain.port))

    def test_a_broker_that_nobody_vouches_for_is_not_trusted(self, broker, tmp_path):
        other = Authority(tmp_path / "other")
        for ca_file in ("", str(other.certificate)):
            with pytest.raises(SinkError, match=r"its certificate is not trusted: .*as ca_file"):
                probe(settings(port=broker.port, tls=True, ca_file=ca_file))

    def test_a_certificate_of_another_host_is_not_trusted(self, place, authority):
        broker = place.broker(*tls_lines(authority, "DNS:broker.example"))
        given = {"port": broker.port, "tls": True, "ca_file": str(authority.certificate)}
        with pytest.raises(SinkError, match=r"not trusted.*127\.0\.0\.1.*the name that the cert"):
            probe(settings(**given))

    def test_a_certificate_that_is_over_is_not_trusted(self, place, authority):
        broker = place.broker(*tls_lines(authority, days=-1))
        given = {"port": broker.port, "tls": True, "ca_file": str(authority.certificate)}
        with pytest.raises(SinkError, match="has expired: is this machine's clock right"):
            probe(settings(**given))

    def test_a_broker_may_ask_for_our_certificate(self, place, authority):
        lines = [f"cafile {authority.certificate}", "require_certificate true"]
        broker = place.broker(*tls_lines(authority), *lines)
        given = {"port": broker.port, "tls": True, "ca_file": str(authority.certificate)}
        with pytest.raises(SinkError):
            probe(settings(**given))
        certificate, key = map(str, authority.issue("kitchen", "DNS:kitchen"))
        assert "connects to" in probe(settings(**given, cert_file=certificate, key_file=key))

    def test_tls_where_there_is_none_and_none_where_there_is(self, place, broker, authority):
        plain = place.broker()
        given = {"tls": True, "ca_file": str(authority.certificate)}
        with pytest.raises(SinkError, match=f":{plain.port}: .*(TLS|tls)"):
            probe(settings(port=plain.port, **given))
        with pytest.raises(SinkError, match="does it want tls = true"):
            probe(settings(port=broker.port))


def test_the_port_follows_from_tls():
    assert open_broker(settings()).place == "127.0.0.1:1883"
    assert open_broker(settings(tls=True)).place == "127.0.0.1:8883"
    assert open_broker(settings(host="fe80::1%eth0", port=1)).place == "[fe80::1%eth0]:1"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (SECRET, 0o644, "everybody may read it: chmod o= "),
        (SECRET, 0o602, "everybody may change it: chmod o= "),
        ("", 0o600, "its first line is empty"),
        ("\nsecond", 0o600, "its first line is empty"),
    ],
)
def test_a_password_file_that_is_not_right_is_refused(tmp_path, content, mode, said):
    path = password_file(tmp_path, content, mode)
    with pytest.raises(ConfigError) as error:
        open_broker(settings(user="mien", password_file=path))
    assert str(error.value).startswith(f"[mqtt] password_file {path}: {said}")
    assert SECRET not in str(error.value)


def test_a_password_file_that_is_none_is_refused(tmp_path):
    for path, said in [
        (tmp_path / "none", "cannot be read: no such file"),
        (tmp_path, "not a file|is a directory"),
        (Path("/dev/null"), "not a file"),
    ]:
        with pytest.raises(ConfigError, match=said):
            open_broker(settings(user="mien", password_file=str(path)))
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\n")
    binary.chmod(0o600)
    with pytest.raises(ConfigError, match="not UTF-8"):
        open_broker(settings(user="mien", password_file=str(binary)))


def test_a_password_may_end_with_a_line_of_windows(tmp_path):
    path = password_file(tmp_path, SECRET + "\r\nmore\n")
    broker = open_broker(settings(user="mien", password_file=path))
    assert broker.password == SECRET
    assert SECRET not in repr(broker)


@needs_openssl
def test_certificates_that_cannot_be_used_are_named(authority, tmp_path):
    certificate, key = map(str, authority.issue("one", "DNS:one"))
    _, other = map(str, authority.issue("two", "DNS:two"))
    locked = str(tmp_path / "locked.key")
    command = ["openssl", "ec", "-in", key, "-aes256", "-passout", "pass:x", "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    text = tmp_path / "text"
    text.write_text("no certificate\n")
    for given, said in [
        ({"ca_file": "/none"}, "ca_file /none: cannot be read: no such file"),
        ({"ca_file": str(text)}, f"ca_file {text}: no certificates in PEM form"),
        ({"cert_file": "/none", "key_file": key}, "cert_file /none: cannot be read"),
        ({"cert_file": certificate, "key_file": "/none"}, "key_file /none: cannot be read"),
        ({"cert_file": certificate, "key_file": other}, "key values mismatch"),
        ({"cert_file": certificate, "key_file": locked}, "unlocked, in PEM form"),
    ]:
        with pytest.raises(ConfigError) as error:
            open_broker(settings(tls=True, **given))
        assert said in str(error.value)
        assert "\n" not in str(error.value)


def test_a_program_without_paho_says_what_to_install(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="paho-mqtt is not installed: pip install"):
        open_broker(settings())
