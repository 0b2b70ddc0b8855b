"""The sink as a part of the program."""

import json
import os
import signal
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager

import pytest

from device.service import DEMO
from device.sinks.mqtt.messages import reading_payloads
from device.sinks.mqtt.outbox import Outbox
from tests.device.conftest import ROOT, python_path
from tests.device.sinks.mqtt.conftest import reading
from tests.device.sinks.mqtt.mosquitto import free_port, needs_mosquitto
from tests.device.waiting import DEADLINE_S, until

SECRET = "correct horse battery"  # noqa: S105 - of these tests


def settings_file(folder, port, *lines):
    path = folder / "mien.toml"
    path.write_text(
        'screen = "off"\nlog = "readings.jsonl"\n[page]\nport = 0\n'
        f'[mqtt]\nenabled = true\nhost = "127.0.0.1"\nport = {port}\ndevice = "kitchen"\n'
        + "\n".join(lines)
    )
    return path


@contextmanager
def running(folder):
    """The program, with the demo clip over and over."""
    command = [sys.executable, "-m", "device", "run", "--web", "--config", "mien.toml"]
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": python_path()},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as program:  # fmt: skip
        try:
            yield program
        finally:
            program.kill()


@needs_mosquitto
def test_a_program_that_is_killed_is_offline_by_its_last_will(place, tmp_path):
    broker = place.broker()
    listener = place.listener(broker.port)
    settings_file(tmp_path, broker.port)
    with running(tmp_path) as program:
        until(lambda: "happy" in [state["emotion"] for state in listener.json("/state")])
        assert listener.of("/availability") == [b"online"]
        program.kill()
        until(lambda: listener.of("/availability")[-1] == b"offline", "the last will")


@needs_mosquitto
def test_a_program_that_is_ended_has_sent_every_line_of_its_log(place, tmp_path):
    broker = place.broker()
    wire = place.wire(broker.port)
    listener = place.listener(broker.port)
    settings_file(tmp_path, wire.port)
    with running(tmp_path) as program:
        until(lambda: len(listener.of("/reading")) >= 2, "readings")
        wire.open = False
        wire.cut()
        lines = tmp_path / "readings.jsonl"
        before = len(lines.read_text().splitlines())
        until(lambda: len(lines.read_text().splitlines()) >= before + 2, "readings in the log")
        wire.open = True
        until(lambda: len(listener.of("/availability")) >= 3, "the connection")
        program.send_signal(signal.SIGTERM)
        assert program.wait(DEADLINE_S) == 0
        errors = program.stderr.read()
    until(lambda: listener.of("/availability")[-1] == b"offline", "the end")
    logged = [json.loads(line) for line in lines.read_text().splitlines()]
    heard = {each["time"]: each for each in listener.json("/reading")}
    assert [but_for_the_stamp(each) for each in heard.values()] == [
        but_for_the_stamp(line) for line in logged
    ]
    assert "the connection was lost: tried again" in errors


def test_without_a_broker_the_reading_goes_on(mien, tmp_path):
    settings_file(tmp_path, free_port())
    done = mien("run", "--config", "mien.toml", "--source", DEMO, "--duration", "5")
    assert done.returncode == 0
    lines = (tmp_path / "readings.jsonl").read_text().splitlines()
    assert len(lines) == len(done.stdout.splitlines()) == 5
    assert done.stderr.count("nobody listens there") == 1
    assert "mqtt: 5 readings were not sent" in done.stderr


def but_for_the_stamp(reading):
    """Log and message are made one after the other."""
    assert reading["monotonic_s"] > 0
    return reading | {"monotonic_s": 0}


class TestCheck:
    def line(self, done):
        return next(line for line in done.stdout.splitlines() if line[5:].startswith("mqtt"))

    def test_off(self, mien):
        assert self.line(mien("check")) == "ok   mqtt     off (enabled in [mqtt])"

    @needs_mosquitto
    def test_well(self, mien, place, tmp_path):
        broker = place.broker()
        settings_file(tmp_path, broker.port)
        done = mien("check", "--config", "mien.toml")
        assert self.line(done) == (
            f"ok   mqtt     connects to 127.0.0.1:{broker.port} as nobody, not encrypted; "
            "device kitchen"
        )

    @needs_mosquitto
    def test_it_does_not_push_out_the_program_that_runs(self, mien, place, send, tmp_path):
        broker = place.broker()
        listener = place.listener(broker.port, "mien/#")
        send(broker.port)
        until(lambda: listener.of("/availability"), "the program")
        settings_file(tmp_path, broker.port)
        assert self.line(mien("check", "--config", "mien.toml")).startswith("ok")
        listener.say("mien/kitchen/end", b"")
        until(lambda: listener.of("/end"), "all before")
        assert listener.of("/availability") == [b"online"]

    def test_bad(self, mien, tmp_path):
        port = free_port()
        settings_file(tmp_path, port)
        done = mien("check", "--config", "mien.toml")
        assert self.line(done) == (
            f"BAD  mqtt     127.0.0.1:{port}: nobody listens there: does the broker run, "
            "is the port right?"
        )
        assert done.returncode == 1


@needs_mosquitto
def test_the_password_is_shown_nowhere(mien, place, tmp_path):
    broker = place.broker(anonymous=False)
    (tmp_path / "password").write_text(SECRET)
    (tmp_path / "password").chmod(0o600)
    settings_file(tmp_path, broker.port, 'user = "mien"', 'password_file = "password"')
    given = ["--config", "mien.toml", "--debug"]
    ran = mien("run", *given, "--source", DEMO, "--duration", "3")
    checked = mien("check", *given)
    assert "it refuses the user 'mien' or the password" in ran.stderr + checked.stdout
    assert SECRET not in ran.stdout + ran.stderr + checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('user = "a"\npassword_file = "none"', "password_file none: cannot be read: no such"),
        ('tls = true\nca_file = "none"', "ca_file none: cannot be read: no such file"),
        ('tls = true\nkey_file = "none"', "cert_file and key_file: give both, or neither"),
        ('host = ""', "host"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_program_at_once(mien, tmp_path, line, said):
    path = settings_file(tmp_path, 1)
    text = path.read_text()
    if line.startswith("host"):
        text = text.replace('host = "127.0.0.1"', "")
    path.write_text(text + line)
    done = mien("run", "--config", "mien.toml", "--source", DEMO)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == done.stderr.count("mien: ") == 1


def test_what_mqtt_needs_is_imported_only_when_it_is_wanted():
    code = (
        "import sys, device.service, device.onlookers, device.check, device.__main__\n"
        "print([name for name in ('paho', 'device.sinks.mqtt') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": python_path()},
        capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_a_full_queue_is_as_small_as_the_settings_say():
    tracemalloc.start()
    try:
        outbox = Outbox(10_000)
        probabilities = dict.fromkeys(
            ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"], 0.1234
        )
        for number in range(10_500):
            one = reading(number)
            object.__setattr__(one, "probabilities", probabilities | {"happy": 0.2345})
            outbox.put(reading_payloads([one]))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(outbox) == 10_000
    assert held < 6_000_000
