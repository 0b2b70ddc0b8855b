import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import SourceError
from device.service import DEMO
from device.sources.video import ImageFolder, Video
from tests.device.conftest import ROOT, VIDEOS, python_path


def recorded(path: Path, *, frames: int = 50, rate_hz: float = 10) -> Path:
    """A film of a bar that walks, as Motion JPEG: each picture stands for itself."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, (160, 120))
    for index in range(frames):
        picture = np.full((120, 160, 3), 40, np.uint8)
        picture[:, index : index + 10] = 220
        writer.write(picture)
    writer.release()
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as error:
        Video(path)
    assert str(path) in str(error.value)
    return str(error.value)


class TestVideo:
    def test_frames_come_in_order_on_the_files_own_clock(self, tmp_path):
        with Video(recorded(tmp_path / "v.avi")) as video:
            frames = list(video)
        assert [frame.time_s for frame in frames] == pytest.approx([i / 10 for i in range(50)])
        assert frames[0].grey.shape == (120, 160)
        bars = [int(frame.grey[60].argmax()) for frame in frames]
        assert np.abs(np.array(bars) - np.arange(50)).max() <= 10

    def test_the_demo_clip_lasts_twenty_seconds(self, demo_frames):
        assert len(demo_frames) == 300
        assert demo_frames[-1].time_s == pytest.approx(19.93, abs=0.01)
        assert DEMO.stat().st_size <= 2_000_000

    def test_missing(self, tmp_path):
        assert "no such file" in refusal(tmp_path / "none.mp4")

    def test_a_folder(self, tmp_path):
        assert "is a directory" in refusal(tmp_path)

    def test_empty(self, tmp_path):
        (tmp_path / "v.mp4").touch()
        assert "empty" in refusal(tmp_path / "v.mp4")

    @pytest.mark.parametrize("content", [b"x", b"just some text\n" * 500, bytes(5000)])
    def test_no_video(self, tmp_path, content):
        (tmp_path / "v.mp4").write_bytes(content)
        assert "not a video" in refusal(tmp_path / "v.mp4")

    def test_cut_short_before_its_index(self, tmp_path):
        (tmp_path / "v.mp4").write_bytes(DEMO.read_bytes()[:300_000])
        assert "cut short" in refusal(tmp_path / "v.mp4")

    def test_cut_short_after_some_frames(self, tmp_path):
        whole = recorded(tmp_path / "v.avi").read_bytes()
        (tmp_path / "cut.avi").write_bytes(whole[: len(whole) // 2])
        frames = []
        with Video(tmp_path / "cut.avi") as video, pytest.raises(SourceError, match="damaged"):
            frames.extend(video)  # extend keeps what came before the error
        assert 15 < len(frames) < 35

    @pytest.mark.parametrize("share", [0.5, 0.9])
    def test_damaged_in_its_later_part(self, tmp_path, share):
        """Pictures that were overwritten, behind an index that is whole."""
        content = bytearray(DEMO.read_bytes())
        start = content.index(b"mdat") + 4
        end = content.index(b"moov") - 4
        damage = start + int((end - start) * share)
        content[damage:end] = bytes(end - damage)
        (tmp_path / "v.mp4").write_bytes(content)
        frames = []
        with Video(tmp_path / "v.mp4") as video, pytest.raises(SourceError, match=r"of 20\.0 s"):
            frames.extend(video)
        assert frames[-1].time_s == pytest.approx(20 * share, abs=2)

    def test_a_film_that_is_whole_but_has_gaps_in_time_is_not_damaged(self, tmp_path):
        """As telephones record: many pictures a second, then few."""
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            pytest.skip("ffmpeg makes the film, and is not here")
        film = tmp_path / "v.mkv"
        fewer = ["-vf", r"select='lt(n\,60)+not(mod(n\,5))'", "-vsync", "vfr"]
        subprocess.run(
            [ffmpeg, "-nostdin", "-loglevel", "error", "-i", DEMO, *fewer, film], check=True
        )
        with Video(film) as video:
            frames = list(video)
        assert len(frames) == 108
        assert frames[-1].time_s == pytest.approx(19.7, abs=0.1)

    def test_time_begins_at_nought(self, tmp_path):
        path = VIDEOS / "face_leaves.mov"
        if not path.exists():
            pytest.skip("the test videos are not here")
        with Video(path) as video:
            times_s = [frame.time_s for frame in video]
        assert times_s[0] == 0
        assert times_s == sorted(set(times_s))

    def test_a_pipe_is_refused_instead_of_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "v.mp4")
        assert "not a file" in refusal(tmp_path / "v.mp4")

    def test_a_name_that_is_no_text_is_refused(self, tmp_path):
        path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.mp4"))
        path.write_bytes(DEMO.read_bytes())
        with pytest.raises(SourceError, match="not UTF-8"):
            Video(path)

    def test_nothing_but_our_own_line_goes_to_stderr(self, tmp_path):
        (tmp_path / "v.mp4").write_bytes(DEMO.read_bytes()[:300_000])
        done = subprocess.run(
            [sys.executable, "-m", "device", "run", "--source", tmp_path / "v.mp4"],
            cwd=ROOT, env={"PYTHONPATH": python_path()},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1

    def test_closing_twice_is_fine(self):
        video = Video(DEMO)
        video.close()
        video.close()


class TestImageFolder:
    def test_images_come_in_the_order_of_their_names_one_a_second(self, tmp_path):
        for name, level in (("b2.png", 20), ("a.jpg", 10), ("b10.bmp", 30)):
            cv2.imwrite(str(tmp_path / name), np.full((60, 80), level, np.uint8))
        (tmp_path / "notes.txt").write_text("no picture")
        with ImageFolder(tmp_path) as folder:
            frames = list(folder)
        assert [frame.time_s for frame in frames] == [0, 1, 2]
        assert [int(frame.grey.mean()) for frame in frames] == [10, 20, 30]

    def test_without_images(self, tmp_path):
        with pytest.raises(SourceError, match="no images in this folder"):
            ImageFolder(tmp_path)

    def test_missing(self, tmp_path):
        with pytest.raises(SourceError, match="no such file"):
            ImageFolder(tmp_path / "none")

    def test_an_image_beyond_all_measure_is_named(self, tmp_path):
        def chunk(kind: bytes, content: bytes) -> bytes:
            body = kind + content
            return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

        header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
        png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")
        (tmp_path / "a.png").write_bytes(png)
        with ImageFolder(tmp_path) as folder, pytest.raises(SourceError, match=r"a\.png"):
            list(folder)

    def test_an_image_that_is_none_is_named(self, tmp_path):
        cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 80), np.uint8))
        (tmp_path / "b.png").write_text("no picture")
        frames = []
        with ImageFolder(tmp_path) as folder, pytest.raises(SourceError, match=r"b\.png"):
            frames.extend(folder)
        assert len(frames) == 1
