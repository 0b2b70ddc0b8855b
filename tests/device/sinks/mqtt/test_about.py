import re

import pytest

from device.config import read_settings
from device.sinks.mqtt import about


@pytest.mark.parametrize("host", ["raspberrypi", "My Pi.local", "kück_e", "-", "Ä", "a" * 64])
def test_a_device_is_called_by_its_host_and_a_number_as_topics_allow(monkeypatch, tmp_path, host):
    monkeypatch.setattr(about.socket, "gethostname", lambda: host)
    monkeypatch.setattr(about, "_MACHINE_ID", tmp_path / "machine-id")
    (tmp_path / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    device = about.device_id("")
    assert re.fullmatch(r"[a-z0-9_-]+-[0-9a-f]{6}", device)
    assert read_settings(None, mqtt={"device": device[-64:]})
    assert device == about.device_id("")
    assert "012345" not in device


def test_two_machines_of_one_name_are_told_apart(monkeypatch, tmp_path):
    found = set()
    for number in "12":
        path = tmp_path / number
        path.write_text(number * 32)
        monkeypatch.setattr(about, "_MACHINE_ID", path)
        found.add(about.device_id(""))
    assert len(found) == 2


def test_a_machine_without_a_number_is_called_by_its_host(monkeypatch, tmp_path):
    monkeypatch.setattr(about.socket, "gethostname", lambda: "Box.example.org")
    monkeypatch.setattr(about, "_MACHINE_ID", tmp_path / "none")
    assert about.device_id("") == "box"


def test_a_name_that_is_given_is_kept():
    assert about.device_id("Kitchen_1") == "Kitchen_1"
