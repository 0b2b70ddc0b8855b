"""What device.sources.picamera promises: frames, errors, and a true use of picamera2."""

import ast
import inspect
import logging
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from device.errors import SourceError
from device.sources import picamera
from device.sources.picamera import PiCamera, picamera_names
from tests.device.sources import fake_picamera2
from tests.device.sources import picamera2_source as real

ROOT = Path(__file__).parents[3]
SECOND_NS = 1_000_000_000


# Frames


def test_frames_are_the_luminance_with_the_sensors_times(monkeypatch: pytest.MonkeyPatch) -> None:
    state = fake_picamera2.install(monkeypatch, times_ns=[7 * SECOND_NS, 15 * SECOND_NS // 2])
    with PiCamera(size_px=(64, 48)) as camera:
        frames = iter(camera)
        first, second = next(frames), next(frames)
    assert np.array_equal(first.grey, fake_picamera2.luminance((64, 48)))
    assert (first.time_s, second.time_s) == (7.0, 7.5)
    assert camera.live
    assert state.held == 0


@pytest.mark.parametrize("padding_px", [0, 32])
def test_frames_are_safe_to_keep_and_without_padding(
    monkeypatch: pytest.MonkeyPatch, padding_px: int
) -> None:
    fake_picamera2.install(monkeypatch, times_ns=[1, 2], padding_px=padding_px)
    with PiCamera(size_px=(64, 48)) as camera:
        frames = iter(camera)
        kept, _ = next(frames), next(frames)
    assert kept.grey.flags.c_contiguous
    assert np.array_equal(kept.grey, fake_picamera2.luminance((64, 48)))


def test_the_size_is_the_one_that_libcamera_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_picamera2.install(monkeypatch, times_ns=[1], size_px=(62, 46), padding_px=2)
    with PiCamera(size_px=(63, 47)) as camera:
        assert next(iter(camera)).grey.shape == (46, 62)


def test_the_camera_is_asked_for_size_rate_and_the_whole_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = fake_picamera2.install(monkeypatch)
    PiCamera(size_px=(320, 240), rate_hz=10.0).close()
    stream = {"size": (320, 240), "format": "YUV420"}
    assert state.configuration == {
        "main": stream,
        "lores": stream,
        "raw": None,
        "sensor": {"output_size": (2304, 1296)},
        "controls": {"FrameDurationLimits": (100_000, 100_000)},
        "display": None,
        "encode": None,
    }


def test_after_close_there_are_no_more_frames_and_close_may_be_called_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = fake_picamera2.install(monkeypatch, times_ns=[1, 2])
    camera = PiCamera()
    frames = iter(camera)
    next(frames)
    camera.close()
    camera.close()
    assert list(frames) == []
    assert state.calls.count("close") == 1


# Failures


def test_a_camera_that_stops_is_flushed_closed_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    state = fake_picamera2.install(monkeypatch, times_ns=[1])
    camera = PiCamera(limit_s=2.0)
    frames = iter(camera)
    next(frames)
    with pytest.raises(SourceError, match="Pi camera 0: no frame for 2 s: check the camera's cab"):
        next(frames)
    assert state.calls[-3:] == ["captured_request", "cancel_all_and_flush", "close"]


def test_without_picamera2_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    remedy = "sudo apt install python3-picamera2, and make the venv with --system-site-packages"
    with pytest.raises(SourceError, match=remedy):
        PiCamera()
    assert picamera_names() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import libcamera_is_not_here", "No module named 'libcamera_is_not_here'"),
        ("raise ValueError('numpy.dtype size changed')", "numpy.dtype size changed"),
    ],
)
def test_a_broken_picamera2_is_told_and_lists_no_cameras(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    body: str,
    reason: str,
) -> None:
    (tmp_path / "picamera2.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    with pytest.raises(SourceError, match=reason):
        PiCamera()
    with caplog.at_level(logging.WARNING):
        assert picamera_names() == []
    assert reason in caplog.text


def test_without_a_camera_it_says_so_and_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state = fake_picamera2.install(monkeypatch, infos=[])
    with pytest.raises(SourceError, match="Pi camera 0: no such camera found: check its cable"):
        PiCamera()
    assert "open" not in state.calls


def test_a_usb_webcam_is_not_taken_for_a_pi_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    infos = [fake_picamera2.IMX708, fake_picamera2.USB]
    fake_picamera2.install(monkeypatch, infos=infos)
    assert picamera_names() == ["imx708"]
    with pytest.raises(SourceError, match="Pi camera 1: no such camera"):
        PiCamera(camera=1)


def chained(*texts: str) -> RuntimeError:
    """Return the last error, caused by the one before, and so on, as picamera2 raises them."""
    error: RuntimeError | None = None
    for text in texts:
        after = RuntimeError(text)
        after.__cause__ = error
        error = after
    assert error is not None
    return error


@pytest.mark.parametrize(
    "cause",
    [
        "Failed to acquire camera: Device or resource busy",
        "camera.acquire() returned unexpected code: -16",
    ],
)
@pytest.mark.parametrize("step", ["open", "configure", "start"])
def test_a_busy_camera_is_told(monkeypatch: pytest.MonkeyPatch, cause: str, step: str) -> None:
    error = chained(cause, "Camera __init__ sequence did not complete.")
    state = fake_picamera2.install(monkeypatch, fail={step: error})
    with pytest.raises(SourceError, match="Pi camera 0: busy: another program uses the camera"):
        PiCamera()
    assert ("close" in state.calls) == (step != "open")


def test_a_refused_memory_device_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    error = PermissionError(13, "Permission denied", "/dev/dma_heap/linux,cma")
    fake_picamera2.install(monkeypatch, fail={"open": error})
    with pytest.raises(SourceError, match=r"/dev/dma_heap/linux,cma.*usermod -aG video"):
        PiCamera()


def test_any_other_failure_gives_the_innermost_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_picamera2.install(monkeypatch, fail={"configure": chained("no memory", "it failed")})
    with pytest.raises(SourceError, match="Pi camera 0: failed: no memory"):
        PiCamera()


def test_an_error_while_reading_or_closing_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("lost")
    state = fake_picamera2.install(monkeypatch, fail={"captured_request": error})
    camera = PiCamera()
    with pytest.raises(SourceError, match="failed: lost"):
        next(iter(camera))
    assert state.calls[-1] == "close"
    fake_picamera2.install(monkeypatch, fail={"close": error})
    camera = PiCamera()
    with pytest.raises(SourceError, match="cannot be closed: lost"):
        camera.close()
    camera.close()


def test_a_camera_list_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    error = RuntimeError("Failed to start camera manager")
    fake_picamera2.install(monkeypatch, fail={"global_camera_info": error})
    with pytest.raises(SourceError, match="Failed to start camera manager"):
        PiCamera()
    with caplog.at_level(logging.WARNING):
        assert picamera_names() == []
    assert "Failed to start camera manager" in caplog.text


def test_who_looks_for_cameras_for_ever_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for text in ("gone for a month", "gone for another"):
        fake_picamera2.install(monkeypatch, fail={"global_camera_info": RuntimeError(text)})
        assert [picamera_names() for _ in range(3)] == [[], [], []]
    assert caplog.messages == [
        "Pi cameras: failed: gone for a month",
        "Pi cameras: failed: gone for another",
    ]


def test_cameras_that_libcamera_may_not_open_are_told_from_no_cameras(
    open_folder: Path,
) -> None:
    assert picamera._why_absent(open_folder).startswith("no such camera")
    node = open_folder / "media0"
    node.touch(mode=0o600)
    assert picamera._why_absent(open_folder).startswith("no such camera")
    if os.geteuid() != 0:
        node.chmod(0)
        told = picamera._why_absent(open_folder)
    else:
        told = _told_to_nobody(open_folder)
    assert told.startswith(f"no permission for {node}: add yourself to its group: sudo usermod")


def _told_to_nobody(dev: Path) -> str:
    """Return the reason that a process without privileges gives."""
    program = (
        "import os, sys; from pathlib import Path\n"
        "from device.sources.picamera import _why_absent\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(_why_absent(Path(sys.argv[1])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(dev)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout.strip()


# The real picamera2


@pytest.fixture(scope="session")
def modules() -> dict[str, str]:
    return real.fetch()


@pytest.fixture(scope="session")
def classes(modules: dict[str, str]) -> dict[str, ast.ClassDef]:
    return {
        "Picamera2": real.class_of(modules["picamera2.py"], "Picamera2"),
        "CompletedRequest": real.class_of(modules["request.py"], "CompletedRequest"),
    }


def check_use(use: real.Use, of: ast.ClassDef) -> None:
    """Fail where the real class lacks what we use, or does not take our arguments."""
    where = f"line {use.line}: {use.owner}.{use.attribute}"
    function = real.methods(of).get(use.attribute)
    if use.call is None:
        assert function or use.attribute in real.attributes(of), f"{where} does not exist"
        return
    assert function, f"{where} does not exist"
    names = {keyword.arg: None for keyword in use.call.keywords if keyword.arg}
    assert len(names) == len(use.call.keywords), f"{where}: ** cannot be checked"
    try:
        real.signature(function).bind(*use.call.args, **names)
    except TypeError as error:
        pytest.fail(f"{where}: {error}")


def check_uses(text: str, classes: dict[str, ast.ClassDef]) -> list[real.Use]:
    """Check each use of picamera2 in a module; return them all."""
    found = real.Uses(text).found
    for use in found:
        check_use(use, classes[use.owner])
    return found


def test_all_that_we_use_of_picamera2_is_there(classes: dict[str, ast.ClassDef]) -> None:
    uses = check_uses(inspect.getsource(picamera), classes)
    used = {(use.owner, use.attribute) for use in uses}
    assert {("Picamera2", "captured_request"), ("CompletedRequest", "make_array")} <= used


def test_the_names_that_we_pass_and_look_up_are_picamera2s(modules: dict[str, str]) -> None:
    known = set().union(*map(real.strings, modules.values()))
    named = real.Uses(inspect.getsource(picamera)).strings
    assert "SensorTimestamp" in named
    assert named <= known


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("camera.capture_everything()", "does not exist"),
        ("camera.no_such_attribute", "does not exist"),
        ("camera.captured_request(wait=2.0, patience=1)", "patience"),
        ("camera.close(1)", "too many"),
        ("Picamera2(camera=0)", "missing|camera"),
        ("other(camera)", "cannot be followed"),
        ("with camera.captured_request() as got: got.make_arrays('lores')", "does not exist"),
    ],
)
def test_the_check_finds_a_wrong_use(
    classes: dict[str, ast.ClassDef], body: str, complaint: str
) -> None:
    text = f"from picamera2 import Picamera2\ncamera = Picamera2()\nx = {body}"
    if body.startswith("with"):
        text = text.replace("x = ", "")
    with pytest.raises((AssertionError, pytest.fail.Exception), match=complaint):
        check_uses(text, classes)


def test_a_captured_request_is_a_completed_request(classes: dict[str, ast.ClassDef]) -> None:
    of = real.methods(classes["Picamera2"])
    body = ast.unparse(of["captured_request"])
    assert "request = self.capture_request(wait=wait, flush=flush)" in body
    assert "yield request" in body
    returns = of["capture_request"].returns
    assert returns is not None
    assert "CompletedRequest" in ast.unparse(returns)


@pytest.mark.parametrize("name", ["Picamera2", "CompletedRequest"])
def test_the_fake_has_the_signatures_of_the_real_one(
    classes: dict[str, ast.ClassDef], name: str
) -> None:
    fakes = real.methods(real.class_of(inspect.getsource(fake_picamera2), name))
    theirs = real.methods(classes[name])
    # The fake makes its own requests, so only how a camera is made is compared.
    checked = [one for one in fakes if one != "__init__" or name == "Picamera2"]
    assert len(checked) >= 3
    for method in checked:
        ours, original = real.signature(fakes[method]), real.signature(theirs[method])
        assert list(ours.parameters) == list(original.parameters), method
        for parameter in original.parameters.values():
            default = ours.parameters[parameter.name].default
            # libcamera's own objects cannot be had here.
            assert default == parameter.default or "libcamera" in parameter.default, method


def test_a_real_job_ends_with_the_errors_that_we_expect(modules: dict[str, str]) -> None:
    module = types.ModuleType("job")
    exec(compile(modules["job.py"], "job.py", "exec"), vars(module))  # noqa: S102
    job = vars(module)["Job"]([lambda: (False, None)])
    with pytest.raises(TimeoutError):
        job.get_result(timeout=0)


def test_a_real_yuv420_array_begins_with_the_padded_luminance(modules: dict[str, str]) -> None:
    function = real.methods(real.class_of(modules["request.py"], "Helpers"))["_make_array_shared"]
    names: dict[str, object] = {}
    text = "from __future__ import annotations\n" + ast.unparse(function)
    exec(compile(text, "request.py", "exec"), names)  # noqa: S102
    config = {"format": "YUV420", "size": (62, 46), "stride": 64}
    fake = fake_picamera2.CompletedRequest(config, 0)
    make = names["_make_array_shared"]
    assert callable(make)
    array = make(None, fake.buffer.reshape(-1), config)
    assert array.shape == fake.make_array("lores").shape
    assert np.array_equal(picamera._luminance(array, (62, 46)), fake_picamera2.luminance((62, 46)))


def test_the_real_close_ends_the_event_thread_before_it_stops(
    classes: dict[str, ast.ClassDef],
) -> None:
    body = ast.unparse(real.methods(classes["Picamera2"])["close"])
    assert 0 < body.index("self.stop_preview()") < body.index("self.stop()")


def test_the_real_one_compares_the_sensors_time_with_the_monotonic_clock(
    classes: dict[str, ast.ClassDef],
) -> None:
    of = real.methods(classes["Picamera2"])
    assert "time.monotonic_ns()" in ast.unparse(of["capture_request"])
    assert "md['SensorTimestamp']" in ast.unparse(of["wait_for_timestamp_"])


def test_picamera2_is_imported_only_when_it_is_needed() -> None:
    tree = ast.parse(inspect.getsource(picamera))
    at_top = [ast.unparse(node) for node in tree.body]
    assert not [line for line in at_top if line.startswith(("import pic", "from pic"))]


def test_colour_comes_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_picamera2.install(monkeypatch, times_ns=[1, 2], padding_px=32)
    with PiCamera(size_px=(64, 48), colour=True) as camera:
        frame = next(iter(camera))
    assert frame.bgr is not None
    assert frame.bgr.shape == (48, 64, 3)
    # Both planes of colour are at 254: as red and as blue as can be, and no green.
    assert frame.bgr[..., 1].mean() < 50 < 150 < frame.bgr[..., 0].mean()
    with PiCamera(size_px=(64, 48)) as camera:
        assert next(iter(camera)).bgr is None


def test_odd_sizes_have_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_picamera2.install(monkeypatch, times_ns=[1], size_px=(62, 46))
    with PiCamera(size_px=(63, 47), colour=True) as camera:
        assert next(iter(camera)).bgr is None
