"""What device.sources.webcam promises: frames of a webcam, or the reason for none."""

import errno
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import SourceError
from device.sources import webcam
from device.sources.webcam import Webcam, check_webcam, find_webcams, webcam_error, webcam_path

HEADER = Path("/usr/include/linux/videodev2.h")
UVC = webcam._CAP_VIDEO_CAPTURE | webcam._CAP_STREAMING
NOBODY = 65534
ROOT = Path(__file__).parents[3]


class Capture:
    """Stands for cv2.VideoCapture: ``steps`` are (picture or None, timestamp in ms)."""

    def __init__(self, steps: list[tuple[np.ndarray | None, float]], opens: bool = True) -> None:
        self.steps = iter(steps)
        self.opens = opens
        self.stamp_ms = 0.0
        self.settings: dict[int, float] = {}
        self.released = 0
        self.opened: tuple[object, ...] = ()

    def __call__(self, *arguments: object) -> "Capture":
        self.opened = arguments
        return self

    def isOpened(self) -> bool:  # noqa: N802
        return self.opens

    def read(self) -> tuple[bool, np.ndarray | None]:
        picture, self.stamp_ms = next(self.steps)
        return picture is not None, picture

    def set(self, number: int, value: float) -> bool:
        self.settings[number] = value
        return True

    def get(self, number: int) -> float:
        assert number == cv2.CAP_PROP_POS_MSEC
        return self.stamp_ms

    def release(self) -> None:
        self.released += 1


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that stands for the device node of a good webcam."""
    path = tmp_path / "video0"
    path.touch()
    monkeypatch.setattr(webcam, "check_webcam", lambda path: None)
    monkeypatch.delenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", raising=False)
    return path


def plug_in(monkeypatch: pytest.MonkeyPatch, capture: Capture) -> Capture:
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    return capture


def picture(level: int) -> np.ndarray:
    return np.full((4, 6, 3), level, np.uint8)


# Frames


def test_frames_are_the_grey_of_the_pictures(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 2] = 255  # BGR
    plug_in(monkeypatch, Capture([(red, 1.0), (picture(9), 2.0)]))
    with Webcam(str(node)) as camera:
        frames = iter(camera)
        first, second = next(frames), next(frames)
    assert first.grey.shape == (4, 6)
    assert np.unique(first.grey).tolist() == [76]
    assert np.unique(second.grey).tolist() == [9]
    assert first.time_s <= second.time_s
    assert camera.live


def test_the_webcam_is_asked_for_size_rate_compression_and_no_backlog(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = plug_in(monkeypatch, Capture([]))
    Webcam(str(node), size_px=(320, 240), rate_hz=10.0).close()
    assert capture.opened == (str(node), cv2.CAP_V4L2)
    assert capture.settings == {
        cv2.CAP_PROP_FOURCC: int.from_bytes(b"MJPG", "little"),
        cv2.CAP_PROP_FRAME_WIDTH: 320,
        cv2.CAP_PROP_FRAME_HEIGHT: 240,
        cv2.CAP_PROP_FPS: 10.0,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("7", "7")])
def test_the_wait_for_a_dead_webcam_is_short_unless_the_user_set_it(
    node: Path, monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    if before:
        monkeypatch.setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", before)
    plug_in(monkeypatch, Capture([]))
    Webcam(str(node)).close()
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == after


def test_a_read_that_fails_is_tried_again(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, Capture([(None, 0.0), (None, 0.0), (picture(5), 1.0)]))
    with Webcam(str(node)) as camera:
        assert next(iter(camera)).grey[0, 0] == 5


def test_the_same_picture_again_is_no_new_frame(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [(picture(1), 40.0), (picture(2), 40.0), (picture(3), 106.0)]
    plug_in(monkeypatch, Capture(steps))
    with Webcam(str(node)) as camera:
        frames = iter(camera)
        assert [next(frames).grey[0, 0] for _ in range(2)] == [1, 3]


def test_pictures_of_a_driver_without_times_all_count(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(monkeypatch, Capture([(picture(1), 0.0), (picture(2), 0.0)]))
    with Webcam(str(node)) as camera:
        frames = iter(camera)
        assert [next(frames).grey[0, 0] for _ in range(2)] == [1, 2]


def test_after_close_there_are_no_more_frames_and_close_may_be_called_again(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = plug_in(monkeypatch, Capture([(picture(1), 1.0)]))
    camera = Webcam(str(node))
    frames = iter(camera)
    next(frames)
    camera.close()
    camera.close()
    assert list(frames) == []
    assert capture.released


# Failures while reading


@pytest.mark.parametrize("last", [picture(2), None])
def test_an_unplugged_webcam_is_noticed_even_if_reading_goes_on(
    node: Path, monkeypatch: pytest.MonkeyPatch, last: np.ndarray | None
) -> None:
    plug_in(monkeypatch, Capture([(picture(1), 1.0), (last, 2.0)]))
    with Webcam(str(node)) as camera:
        frames = iter(camera)
        next(frames)
        node.unlink()
        with pytest.raises(SourceError, match=f"webcam {node}: unplugged"):
            next(frames)


def test_a_webcam_that_took_the_place_of_another_is_noticed(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(monkeypatch, Capture([(picture(1), 1.0)]))
    with Webcam(str(node)) as camera:
        node.rename(node.with_name("before"))  # keeps its inode taken
        node.touch()
        with pytest.raises(SourceError, match="unplugged"):
            next(iter(camera))


@pytest.mark.parametrize("step", [(None, 0.0), (picture(1), 5.0)])
def test_a_webcam_that_gives_nothing_new_for_too_long_is_an_error(
    node: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[np.ndarray | None, float]
) -> None:
    def forever() -> Iterator[tuple[np.ndarray | None, float]]:
        yield picture(1), 5.0
        while True:
            yield step

    capture = plug_in(monkeypatch, Capture([]))
    capture.steps = forever()
    with Webcam(str(node), limit_s=0.01) as camera:
        frames = iter(camera)
        next(frames)
        with pytest.raises(SourceError, match=r"no new frame for 0\.01 s"):
            next(frames)


def test_an_error_of_opencv_becomes_ours(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> tuple[bool, np.ndarray | None]:
        cv2.cvtColor(np.zeros((1, 1), np.uint8), cv2.COLOR_BGR2GRAY)  # wants three channels
        raise AssertionError

    capture = plug_in(monkeypatch, Capture([]))
    monkeypatch.setattr(capture, "read", fail)
    with Webcam(str(node)) as camera, pytest.raises(SourceError, match="OpenCV failed"):
        next(iter(camera))


def test_a_webcam_that_opencv_cannot_open_is_let_go_of(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = plug_in(monkeypatch, Capture([], opens=False))
    with pytest.raises(SourceError, match="OpenCV cannot open it"):
        Webcam(str(node))
    assert capture.released == 1


# Why it cannot be used: real paths, real errors


def test_a_missing_device_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"webcam .*/video7: no such device"):
        Webcam(str(tmp_path / "video7"))


def test_a_path_through_a_file_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="no such device"):
        check_webcam(tmp_path / "file" / "video0")


@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "character device"])
def test_what_is_no_video_device_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "video0"
    if kind == "file":
        path.write_bytes(b"not a device")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/null")
    with pytest.raises(SourceError, match=f"webcam {path}: not a video device"):
        check_webcam(path)


def test_a_node_without_a_driver_is_no_device(tmp_path: Path) -> None:
    path = tmp_path / "video63"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(81, 63))
    except PermissionError:
        pytest.skip("only root may make device nodes")
    with pytest.raises(SourceError) as caught:
        check_webcam(path)
    if "no permission" in str(caught.value):
        pytest.skip("device nodes do not work in this file system")
    assert "no such device" in str(caught.value)


def test_a_missing_permission_names_the_group_and_the_remedy(open_folder: Path) -> None:
    path = open_folder / "video0"
    path.touch(mode=0o600)
    if os.geteuid() != 0:
        path.chmod(0)
        with pytest.raises(SourceError) as caught:
            check_webcam(path)
        message = str(caught.value)
    else:
        os.chown(path, 0, 44)  # Debian's number for the group video
        message = _checked_by_nobody(path)
    group = webcam._group(path)
    assert message == (
        f"webcam {path}: no permission: it belongs to the group {group}: "
        f"sudo usermod -aG {group} $USER, then log in again"
    )


def _checked_by_nobody(path: Path) -> str:
    """Return the message that a process without privileges gets."""
    program = (
        "import os, sys; from pathlib import Path\n"
        "from device.errors import SourceError\n"
        "from device.sources.webcam import check_webcam\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "try: check_webcam(Path(sys.argv[1]))\n"
        "except SourceError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout.strip()


def test_the_group_is_the_one_that_owns_the_node(tmp_path: Path) -> None:
    import grp

    path = tmp_path / "video0"
    path.touch()
    assert webcam._group(path) == grp.getgrgid(path.stat().st_gid).gr_name
    assert webcam._group(tmp_path / "missing") == "video"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOENT, "no such device"),
        (errno.ENODEV, "no such device"),
        (errno.ENXIO, "no such device"),
        (errno.EACCES, "no permission"),
        (errno.EPERM, "no permission"),
        (errno.ENOTTY, "not a video device"),
        (errno.EINVAL, "not a video device"),
    ],
)
def test_each_error_of_the_system_has_its_reason(code: int, reason: str) -> None:
    error = webcam_error(OSError(code, os.strerror(code)), Path("/dev/video0"))
    assert str(error).startswith(f"webcam /dev/video0: {reason}")


def test_a_busy_webcam_is_told() -> None:
    error = webcam_error(OSError(errno.EBUSY, os.strerror(errno.EBUSY)), Path("/dev/video0"))
    assert str(error).startswith("webcam /dev/video0: busy: another program uses it")


def test_any_other_error_is_told_in_the_systems_words() -> None:
    error = webcam_error(OSError(errno.EIO, os.strerror(errno.EIO)), Path("/dev/video0"))
    assert str(error) == "webcam /dev/video0: cannot be used: input/output error"


def test_a_busy_node_is_found_by_asking_for_buffers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ioctl(descriptor: int, request: int, argument: bytes) -> bytes:
        asked.append(request)
        if request == webcam._QUERYCAP:
            return webcam._CAPABILITY.pack(b"uvcvideo", b"Cam", b"usb", 1, UVC, 0)
        assert webcam._REQUEST_BUFFERS.unpack(argument) == (0, 1, 1, 0, 0)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(webcam.fcntl, "ioctl", ioctl)
    path = tmp_path / "video0"
    path.touch()
    with pytest.raises(SourceError, match="busy"):
        check_webcam(path)
    assert asked == [webcam._QUERYCAP, webcam._REQBUFS]


# Which nodes are webcams


def answer(monkeypatch: pytest.MonkeyPatch, nodes: dict[str, tuple[bytes, int, int]]) -> None:
    """Let the ioctl calls on files with these names answer like nodes with these drivers."""

    def ioctl(descriptor: int, request: int, argument: bytes) -> bytes:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        if request == webcam._REQBUFS:
            return argument
        driver, capabilities, own = nodes[name]
        if not driver:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        return webcam._CAPABILITY.pack(driver, b"", b"", 0, capabilities, own)

    monkeypatch.setattr(webcam.fcntl, "ioctl", ioctl)


OWN = webcam._CAP_DEVICE_CAPS
META = 0x0080_0000 | webcam._CAP_STREAMING
M2M = 0x0000_4000 | webcam._CAP_STREAMING
NODES = {
    "video0": (b"unicam", UVC | OWN, UVC),
    "video2": (b"uvcvideo", UVC | META | OWN, UVC),
    "video3": (b"uvcvideo", UVC | META | OWN, META),
    "video10": (b"uvcvideo", UVC, 0),
    "video11": (b"bcm2835-codec", M2M | OWN, M2M),
    "video14": (b"bcm2835-isp", UVC | OWN, UVC),
    "video20": (b"rp1-cfe", UVC | OWN, UVC | webcam._CAP_IO_MC),
    "video21": (b"another", UVC | OWN, UVC | webcam._CAP_IO_MC),
    "video22": (b"", 0, 0),
    "video-index": (b"uvcvideo", UVC, 0),
}


def test_webcams_are_listed_by_number_without_the_pis_own_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NODES:
        (tmp_path / name).touch()
    answer(monkeypatch, NODES)
    paths, refused = find_webcams(tmp_path)
    assert [path.name for path in paths] == ["video2", "video10"]
    assert refused == []


@pytest.mark.parametrize("name", ["video0", "video3", "video11", "video14", "video21"])
def test_a_node_that_is_no_webcam_is_refused_with_its_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).touch()
    answer(monkeypatch, NODES)
    with pytest.raises(SourceError, match=f"not a webcam .*{NODES[name][0].decode()}"):
        check_webcam(tmp_path / name)


def test_a_good_webcam_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video2").touch()
    answer(monkeypatch, NODES)
    check_webcam(tmp_path / "video2")


def test_nodes_that_may_not_be_opened_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("video0", "video1"):
        (tmp_path / name).touch()

    def refuse(path: Path) -> tuple[str, int]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(webcam, "_query", refuse)
    paths, refused = find_webcams(tmp_path)
    assert paths == []
    assert [str(error).split(":")[0][-6:] for error in refused] == ["video0", "video1"]
    assert "no permission" in str(refused[0])


def test_without_nodes_there_are_no_webcams(tmp_path: Path) -> None:
    assert find_webcams(tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("device", "path"),
    [(0, "/dev/video0"), ("12", "/dev/video12"), ("/dev/v4l/by-id/x", "/dev/v4l/by-id/x")],
)
def test_a_number_stands_for_a_node(device: str | int, path: str) -> None:
    assert webcam_path(device) == Path(path)


# The kernel's numbers

SIZES = {"__u8": 1, "__u32": 4}


def _size_of(name: str, header: str) -> int:
    """Return the size of a struct of plain members, which have no padding between them."""
    found = re.search(rf"struct {name} \{{(.*?)\}};", header, re.DOTALL)
    assert found
    members = re.findall(r"(__u\d+)\s+\w+(?:\[(\d+)\])?;", found[1])
    return sum(SIZES[kind] * int(count or 1) for kind, count in members)


def _flag(name: str, header: str) -> int:
    found = re.search(rf"#define {name}\s+(0x[0-9a-f]+)", header)
    assert found
    return int(found[1], 16)


def test_the_ioctl_numbers_are_those_of_the_kernel() -> None:
    assert webcam._QUERYCAP == 0x8068_5600
    assert webcam._REQBUFS == 0xC014_5608


@pytest.mark.skipif(not HEADER.exists(), reason=f"{HEADER} is not here (linux-libc-dev)")
def test_the_numbers_agree_with_the_header() -> None:
    header = HEADER.read_text()
    assert _size_of("v4l2_capability", header) == webcam._CAPABILITY.size
    assert _size_of("v4l2_requestbuffers", header) == webcam._REQUEST_BUFFERS.size
    assert re.search(r"VIDIOC_QUERYCAP\s+_IOR\('V',\s+0, struct v4l2_capability\)", header)
    assert re.search(r"VIDIOC_REQBUFS\s+_IOWR\('V',\s+8, struct v4l2_requestbuffers\)", header)
    for name in ("VIDEO_CAPTURE", "STREAMING", "IO_MC", "DEVICE_CAPS"):
        assert _flag(f"V4L2_CAP_{name}", header) == getattr(webcam, f"_CAP_{name}")
    assert re.search(r"V4L2_BUF_TYPE_VIDEO_CAPTURE\s+= 1,", header)
    assert re.search(r"V4L2_MEMORY_MMAP\s+= 1,", header)
