import os
import stat

import pytest

from device import machine


def zone(folder, number, kind, temperature):
    place = folder / f"thermal_zone{number}"
    place.mkdir()
    (place / "type").write_text(f"{kind}\n")
    if temperature is not None:
        (place / "temp").write_text(f"{temperature}\n")


def test_the_processors_temperature_is_in_degrees(tmp_path):
    zone(tmp_path, 0, "acpitz", 27800)
    zone(tmp_path, 1, "cpu-thermal", 48312)
    assert machine.temperature_c(tmp_path) == 48.312


def test_another_temperature_is_better_than_none(tmp_path):
    zone(tmp_path, 0, "acpitz", 27800)
    assert machine.temperature_c(tmp_path) == 27.8


@pytest.mark.parametrize("temperature", [None, "", "warm"])
def test_a_sensor_that_cannot_be_read_is_passed_over(tmp_path, temperature):
    zone(tmp_path, 0, "cpu-thermal", temperature)
    assert machine.temperature_c(tmp_path) is None


def program(folder, text):
    path = folder / "vcgencmd"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("throttled=0x0", []),
        ("throttled=0x1", ["under-voltage now"]),
        ("throttled=0x4", ["throttled now"]),
        ("throttled=0x80000", ["soft temperature limit since the start"]),
        (
            "throttled=0x50005",
            ["under-voltage now", "throttled now", "under-voltage since the start",
             "throttled since the start"],
        ),
    ],
)  # fmt: skip
def test_throttling_is_put_into_words(tmp_path, said, words):
    assert machine.throttled(program(tmp_path, f'[ "$1" = get_throttled ] && echo {said}')) == words


@pytest.mark.parametrize("text", ["exit 1", "echo nonsense", "echo throttled=0x", "printf '\\377'"])
def test_a_program_that_fails_tells_nothing(tmp_path, text):
    assert machine.throttled(program(tmp_path, text)) is None


def test_a_program_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_PROGRAM_LIMIT_S", 0.2)
    assert machine.throttled(program(tmp_path, "exec sleep 60")) is None


def test_without_the_program_nothing_is_known():
    assert machine.throttled("no-such-program") is None


def test_the_end_of_a_log_is_read(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"line %d\n" % n for n in range(100_000)))
    assert machine.last_lines(log, 3) == ["line 99997", "line 99998", "line 99999"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n\n", []),
        (b"one", ["one"]),
        (b"one\ntorn", ["one", "torn"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
        (b"x" * 10_000 + b"\n", ["x" * 4000]),
        (b"x" * 1_000_000, []),  # a line without a beginning
    ],
)
def test_a_log_may_hold_anything(tmp_path, content, lines):
    (tmp_path / "log").write_bytes(content)
    assert machine.last_lines(tmp_path / "log", 50) == lines


def test_what_is_no_log_has_no_lines(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none", tmp_path / "none" / "none"):
        assert machine.last_lines(path, 10) == []
        assert machine.file_bytes(path) is None
    assert machine.free_bytes(tmp_path / "none" / "none") is None
    assert machine.free_bytes(tmp_path / "log") > 0


def test_the_machine_has_a_name():
    assert machine.machine_name().endswith(" cores")
    assert "Python 3." in machine.system_name()


def test_the_machines_condition_is_looked_up_now_and_then(monkeypatch):
    asked = []
    monkeypatch.setattr(machine, "temperature_c", lambda: asked.append(1) or 40.0)
    condition = machine.Condition()
    assert [condition.get()[0] for _ in range(10)] == [40.0] * 10
    assert len(asked) == 1
