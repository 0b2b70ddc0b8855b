"""A picamera2 that keeps the contract of the real one as far as PiCamera uses it.

``test_picamera.py`` compares the signatures here with those of the real source.
What the real one leaves to care, this one insists on: a request is released
once, a capture has a time limit, no job is left behind when the camera closes.
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

IMX708 = {"Model": "imx708", "Location": 2, "Rotation": 180, "Id": "/base/soc/i2c@1/imx708@1a"}
USB = {"Model": "HD Webcam", "Location": 2, "Id": "/base/scb/pcie@7d500000/usb@0,0-1.2:1.0-046d"}


@dataclass
class State:
    """How the fake behaves, and what was done with it.

    infos: what ``global_camera_info`` tells.
    times_ns: the sensor's time of each frame to come; then frames stop.
    size_px: what libcamera adjusts the streams to; None for what was asked.
    padding_px: how much longer the rows are in memory than in the picture.
    fail: method name to the error that it raises.
    """

    infos: list[dict[str, Any]] = field(default_factory=lambda: [{**IMX708, "Num": 0}])
    times_ns: list[int] = field(default_factory=list)
    size_px: tuple[int, int] | None = None
    padding_px: int = 0
    fail: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=dict)
    held: int = 0
    pending: int = 0

    def did(self, call: str) -> None:
        self.calls.append(call)
        if call in self.fail:
            raise self.fail[call]


state = State()


def install(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> State:
    """Put the fake in picamera2's place; return its state, which starts anew."""
    global state
    state = State(**settings)
    module = types.ModuleType("picamera2")
    vars(module).update(Picamera2=Picamera2)
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return state


def luminance(size_px: tuple[int, int]) -> np.ndarray:
    """Return the picture that the fake shows: uint8 (height, width), no value twice near."""
    rows, columns = np.indices((size_px[1], size_px[0]))
    return ((rows * 7 + columns) % 251).astype(np.uint8)


class CompletedRequest:
    """One captured frame; its buffer goes back to the camera when it is released."""

    def __init__(self, config: dict[str, Any], time_ns: int) -> None:
        self.config = config
        self.time_ns = time_ns
        self.released = False
        width_px, height_px = config["size"]
        self.buffer = np.full((height_px * 3 // 2, config["stride"]), 254, np.uint8)
        self.buffer[:height_px, :width_px] = luminance(config["size"])
        state.held += 1

    def make_array(self, name: str) -> np.ndarray:
        assert name == "lores"
        assert not self.released, "read after release"
        return np.copy(self.buffer)

    def get_metadata(self) -> dict[str, Any]:
        assert not self.released, "read after release"
        return {"SensorTimestamp": self.time_ns, "ExposureTime": 20000}

    def release(self) -> None:
        assert not self.released, "released twice"
        self.released = True
        self.buffer[:] = 0  # the camera fills it with the next frame
        state.held -= 1


class Picamera2:
    """The camera."""

    sensor_resolution = (4608, 2592)

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        state.did("global_camera_info")
        return state.infos

    def __init__(self, camera_num=0, verbose_console=None, tuning=None, allocator=None) -> None:
        assert camera_num < len(state.infos), "leaks a pipe"
        state.did("open")
        self.started = False
        self.config: dict[str, Any] = {}

    def create_video_configuration(
        self,
        main={},  # noqa: B006
        lores=None,
        raw={},  # noqa: B006
        transform=None,
        colour_space=None,
        buffer_count=6,
        controls={},  # noqa: B006
        display="main",
        encode="main",
        queue=True,
        sensor={},  # noqa: B006
        use_case="video",
    ) -> dict[str, Any]:
        assert lores is not None
        assert all(asked <= limit for asked, limit in zip(lores["size"], main["size"], strict=True))
        return {
            "main": dict(main), "lores": dict(lores), "raw": raw, "sensor": sensor,
            "controls": controls, "display": display, "encode": encode,
        }  # fmt: skip

    def configure(self, camera_config=None) -> None:
        state.did("configure")
        assert not self.started
        state.configuration = camera_config
        self.config = {**camera_config, "lores": dict(camera_config["lores"])}
        lores = self.config["lores"]
        lores["size"] = state.size_px or lores["size"]
        lores["stride"] = lores["size"][0] + state.padding_px

    def camera_configuration(self) -> dict[str, Any]:
        return self.config

    def start(self, config=None, show_preview=False) -> None:
        state.did("start")
        assert self.config, "not configured"
        self.started = True

    @contextlib.contextmanager
    def captured_request(self, wait=None, flush=None) -> Iterator[CompletedRequest]:
        state.did("captured_request")
        assert self.started
        assert isinstance(wait, float), "without a time limit it may hang for ever"
        if not state.times_ns:
            state.pending += 1
            raise TimeoutError
        request = CompletedRequest(self.config["lores"], state.times_ns.pop(0))
        try:
            yield request
        finally:
            request.release()

    def cancel_all_and_flush(self) -> None:
        state.did("cancel_all_and_flush")
        state.pending = 0

    def close(self) -> None:
        state.did("close")
        assert state.pending == 0, "a job is left that a late frame would be lost to"
        self.started = False
