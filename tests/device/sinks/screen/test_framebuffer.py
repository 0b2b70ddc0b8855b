import struct
from pathlib import Path

import numpy as np
import pytest

from device.errors import SinkError
from device.sinks.screen.framebuffer import Framebuffer, Geometry, pack, read_geometry

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def picture(*pixels: tuple[int, int, int], width: int = 2) -> np.ndarray:
    return np.array(pixels, np.uint8).reshape(-1, width, 3)


def test_rgb565_has_red_in_its_upper_bits():
    packed = pack(picture(RED, GREEN, BLUE, WHITE), Geometry(2, 2, 4, 16))
    assert struct.unpack("<4H", packed) == (0xF800, 0x07E0, 0x001F, 0xFFFF)


def test_xrgb8888_has_blue_first():
    packed = pack(picture((1, 2, 3), (4, 5, 6)), Geometry(2, 1, 8, 32))
    assert [*packed[:3], *packed[4:7]] == [3, 2, 1, 6, 5, 4]


@pytest.mark.parametrize(("bits", "first"), [(16, b"\x1f\x00"), (32, b"\xff\x00\x00")])
def test_a_driver_with_red_in_the_low_bits_gets_it_there(bits, first):
    packed = pack(picture(RED, RED), Geometry(2, 1, bits // 4, bits, red_low=True))
    assert packed.startswith(first)


def test_lines_begin_at_the_stride():
    packed = pack(picture(WHITE, WHITE, RED, RED), Geometry(2, 2, 10, 16))
    assert packed[:4] == b"\xff" * 4
    assert packed[4:10] == b"\0" * 6
    assert packed[10:] == b"\x00\xf8" * 2


# As linux/fb.h has them, on a machine of 64 bits.
def answers(
    *, width: int, height: int, bits: int, stride: int, red: int, blue: int, x: int = 0, y: int = 0
) -> tuple[bytes, bytes]:
    variable = struct.pack(
        "@40I", width, height, width, 2 * height, x, y, bits, 0,
        red, 5, 0, 5, 6, 0, blue, 5, 0, *[0] * 23,
    )  # fmt: skip
    fixed = struct.pack(
        "@16sLIIIIHHHILIIH2H", b"fb_ili9341", 0, stride * height, 0, 0, 2, 0, 0, 0, stride,
        0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    return variable, fixed


def test_the_drivers_answers_are_understood():
    told = answers(width=320, height=240, bits=16, stride=704, red=11, blue=0)
    assert read_geometry(*told) == Geometry(320, 240, 704, 16)
    told = answers(width=800, height=480, bits=32, stride=3200, red=0, blue=16, x=2, y=480)
    assert read_geometry(*told) == Geometry(800, 480, 3200, 32, 480 * 3200 + 8, red_low=True)


@pytest.mark.parametrize("geometry", [Geometry(4, 3, 8, 16), Geometry(4, 3, 24, 32, 16)])
def test_a_picture_lies_in_the_device_and_at_the_end_it_is_black(tmp_path, geometry):
    path = tmp_path / "fb1"
    path.write_bytes(b"\x55" * (geometry.offset_bytes + 3 * geometry.stride_bytes))
    shown = np.arange(36, dtype=np.uint8).reshape(3, 4, 3) * 7
    with Framebuffer(path, geometry) as panel:
        assert panel.size_px == (4, 3)
        panel.show(shown)
        content = path.read_bytes()
        assert content[geometry.offset_bytes :].startswith(pack(shown, geometry))
        assert content[: geometry.offset_bytes] == b"\x55" * geometry.offset_bytes
    black = pack(np.zeros((3, 4, 3), np.uint8), geometry)
    assert path.read_bytes()[geometry.offset_bytes :].startswith(black)
    panel.close()


def test_a_panel_that_goes_away_is_an_error_and_not_the_end_of_the_program():
    panel = Framebuffer(Path("/dev/full"), Geometry(320, 240, 640, 16))
    with pytest.raises(SinkError, match="/dev/full: no space left"):
        panel.show(np.zeros((240, 320, 3), np.uint8))
    panel.close()


def test_a_framebuffer_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SinkError, match=r"fb7 cannot be used: no such file.*driver loaded"):
        Framebuffer(tmp_path / "fb7")


def test_what_is_no_framebuffer_is_said(tmp_path):
    path = tmp_path / "fb1"
    path.write_bytes(b"")
    with pytest.raises(SinkError, match="it is no framebuffer"):
        Framebuffer(path)


@pytest.mark.parametrize(
    ("geometry", "said"),
    [(Geometry(9, 9, 27, 24), "24 bits a pixel"), (Geometry(0, 0, 0, 16), "no size"),
     (Geometry(320, 240, 320, 16), "no size")],
)  # fmt: skip
def test_pixels_of_another_kind_are_refused(tmp_path, geometry, said):
    path = tmp_path / "fb1"
    path.write_bytes(bytes(1000))
    with pytest.raises(SinkError, match=said):
        Framebuffer(path, geometry)
