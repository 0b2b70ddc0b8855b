"""Settings of the MQTT sink that cannot be meant."""

import pytest

from device.config import read_settings
from device.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("enabled = true", "enabled without host: give the broker's"),
        ('host = "mqtt://broker"', "host = 'mqtt://broker': expected `str` matching"),
        ('host = "broker\\n"', "host = 'broker\\n': expected `str` matching"),
        ("port = 65536", "port = 65536: expected `int` <= 65535"),
        ("port = -1", "port = -1: expected `int` >= 0"),
        ('device = "a/b"', "device = 'a/b': expected `str` matching"),
        ('device = "salon é"', "device = 'salon é': expected `str` matching"),
        ('topic = "mien/#"', "topic = 'mien/#': expected `str` matching"),
        ('topic = "/mien"', "topic = '/mien': expected `str` matching"),
        ('topic = "mien/"', "topic = 'mien/': expected `str` matching"),
        ('topic = ""', "topic = '': expected `str` matching"),
        ('topic = "$SYS"', "topic = '$SYS': expected `str` matching"),
        ("queue = 0", "queue = 0: expected `int` >= 100"),
        ("keepalive_s = 0", "keepalive_s = 0: expected `int` >= 5"),
        ('tls = true\ncert_file = "a"', "cert_file and key_file: give both, or neither"),
        ('tls = true\nkey_file = "a"', "cert_file and key_file: give both, or neither"),
        ('ca_file = "a"', "ca_file and cert_file need tls = true"),
        ('password_file = "a"', "password_file without user: give the user's name"),
        ('password = "a"', "password: unknown setting: did you mean password_file?"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    path = tmp_path / "mien.toml"
    path.write_text(f"[mqtt]\n{text}\n")
    with pytest.raises(ConfigError) as error:
        read_settings(path)
    assert message in str(error.value)
    assert "mqtt" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_topic_may_have_levels_and_a_host_an_address():
    for topic in ("mien", "home/first floor/mien"):
        assert read_settings(None, mqtt={"topic": topic}).mqtt.topic == topic
    for host in ("broker.local", "10.0.0.1", "fe80::1%eth0"):
        assert read_settings(None, mqtt={"host": host}).mqtt.host == host


def test_settings_that_do_not_go_together_are_named_without_the_others(tmp_path):
    """It stands in the journal, and in what systemctl tells everybody."""
    path = tmp_path / "mien.toml"
    path.write_text('[mqtt]\nenabled = true\nuser = "somebody"\nqueue = 500\n')
    with pytest.raises(ConfigError) as error:
        read_settings(path)
    assert str(error.value) == f"{path}: [mqtt] enabled without host: give the broker's"
