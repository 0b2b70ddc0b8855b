import os
import struct

import pytest

from device.sinks.screen.framebuffer import Framebuffer, Geometry
from device.sinks.screen.touches import Touches, has_touch

SYN, KEY, ABS = 0, 1, 3
TOUCH, KEY_Q = 0x14A, 16


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 1_700_000_000, 0, kind, code, value)


@pytest.fixture
def pipes(tmp_path):
    """Two event devices, as pipes; gives what writes to them."""
    writers = []
    for index in range(2):
        os.mkfifo(tmp_path / f"event{index}")
        reader = os.open(tmp_path / f"event{index}", os.O_RDONLY | os.O_NONBLOCK)
        writers.append(os.open(tmp_path / f"event{index}", os.O_WRONLY))
        os.close(reader)
    yield tmp_path, writers
    for writer in writers:
        os.close(writer)


def test_each_touch_counts_once_when_it_begins(pipes):
    folder, (first, second) = pipes
    with Touches(folder, is_panel=lambda file: True) as touches:
        assert touches.count() == 0
        down, up = event(KEY, TOUCH, 1), event(KEY, TOUCH, 0)
        os.write(first, down + event(ABS, 0, 300) + event(SYN, 0, 0) + up + event(SYN, 0, 0))
        os.write(second, down)
        assert touches.count() == 2
        assert touches.count() == 0


def test_keys_are_no_touches(pipes):
    folder, (first, _) = pipes
    with Touches(folder, is_panel=lambda file: True) as touches:
        os.write(first, event(KEY, KEY_Q, 1))
        assert touches.count() == 0


def test_only_touch_panels_are_listened_to(pipes):
    folder, (first, second) = pipes
    answers = iter([False, True])
    with Touches(folder, is_panel=lambda file: next(answers)) as touches:
        os.write(second, event(KEY, TOUCH, 1))
        with pytest.raises(BrokenPipeError):  # nobody reads it
            os.write(first, event(KEY, TOUCH, 1))
        assert touches.count() == 1


def test_a_touch_turns_the_view_of_a_small_panel(pipes, tmp_path):
    folder, (first, _) = pipes
    geometry = Geometry(320, 240, 640, 16)
    (tmp_path / "fb1").write_bytes(bytes(240 * 640))
    touches = Touches(folder, is_panel=lambda file: True)
    with Framebuffer(tmp_path / "fb1", geometry, touches) as panel:
        assert panel.takes_actions
        assert panel.actions() == []
        os.write(first, event(KEY, TOUCH, 1))
        assert panel.actions() == ["view"]
    with pytest.raises(BrokenPipeError):
        os.write(first, event(KEY, TOUCH, 1))


def test_what_is_no_event_device_is_passed_over(tmp_path):
    (tmp_path / "event0").write_text("a file")
    with Touches(tmp_path) as touches:
        assert touches.count() == 0
    with Touches(tmp_path / "none") as touches:
        assert touches.count() == 0


def test_a_device_with_the_button_is_a_touch_panel(monkeypatch):
    def ioctl(file, request, argument):
        assert (request, len(argument)) == (0x80604521, 96)
        keys = bytearray(96)
        keys[TOUCH // 8] |= file << TOUCH % 8
        return bytes(keys)

    monkeypatch.setattr("device.sinks.screen.touches.fcntl.ioctl", ioctl)
    assert has_touch(1)
    assert not has_touch(0)
