"""What hiding a part of the picture costs, for each picture that somebody looks at.

    python -m tests.benchmarks.veil            # the demo clip
    python -m tests.benchmarks.veil film.mp4

Each way of hiding, on each frame of a film: what the thread that shows the picture does more,
in processor time; what the loop that reads does more, to hand the frame on; and, beside them,
what reading the frame takes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from device.config import PictureSettings, Settings
from device.costs import Costs
from device.faces import FaceFollower
from device.mask import FaceMask
from device.model import Model
from device.model_store import SHIPPED
from device.onlookers import open_veil
from device.pipeline import Veil
from device.preprocess import crop_face
from device.records import Face, Frame
from device.service import DEMO, open_finder
from device.sources.video import Video

WAYS = (("black", "show"), ("blur", "show"), ("show", "blur"), ("black", "blur"))
FRAMES = 150
ROUNDS = 500


def main() -> None:
    """Print a Markdown table of medians and 95th percentiles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("film", type=Path, nargs="?", default=DEMO)
    film = parser.parse_args().film
    print("| | times | median, ms | 95 %, ms |\n|---|---|---|---|")
    for name, times_s in rows(film):
        median, high = 1000 * np.percentile(times_s, [50, 95])
        print(f"| {name} | {len(times_s)} | {median:.2f} | {high:.2f} |", flush=True)


def rows(film: Path) -> Iterator[tuple[str, list[float]]]:
    """Yield the times, in seconds, of each thing that is measured."""
    yield "the mask's network, one crop", inference()
    reading, handing, looks = measure(film)
    yield "reading a frame: find, crop, infer", reading
    yield "handing it on, each way of hiding", handing
    for (background, faces), times_s in looks.items():
        yield f"showing it: background {background}, faces {faces}", times_s


def inference() -> list[float]:
    """Return how long the network takes for one crop."""
    mask = FaceMask(SHIPPED / "mask.tflite")
    crop = np.random.default_rng(0).integers(0, 256, (mask.side_px,) * 2, dtype=np.uint8)
    return [spent(lambda: mask.logits(crop)) for _ in range(ROUNDS)]


def measure(
    film: Path,
) -> tuple[list[float], list[float], dict[tuple[str, str], list[float]]]:
    """Return the times of reading, of handing on, and of each way of hiding, of each frame."""
    model = Model(SHIPPED / "mien.tflite")
    reading: list[float] = []
    handing: list[float] = []
    looks: dict[tuple[str, str], list[float]] = {way: [] for way in WAYS}
    with Video(film) as video:
        veils = {way: opened(video, *way) for way in WAYS}
        follower = FaceFollower(open_finder(Settings()))
        for frame, _ in zip(video, range(FRAMES), strict=False):
            began_s = time.thread_time()
            faces = read(frame, follower, model)
            reading.append(time.thread_time() - began_s)
            for way, veil in veils.items():
                began_s = time.thread_time()
                shown = veil.over(frame, faces, follower.suspects(frame.time_s))
                handing.append(time.thread_time() - began_s)
                looks[way].append(spent(lambda shown=shown: shown.bgr))
    return reading, handing, looks


def opened(video: Video, background: str, faces: str) -> Veil:
    """Return what hides as a user has asked for it."""
    picture = PictureSettings(background, faces)  # type: ignore[arg-type]
    veil = open_veil(Settings(picture=picture), video, Costs())
    assert veil is not None
    return veil


def read(frame: Frame, follower: FaceFollower, model: Model) -> list[Face]:
    """Do what the loop does with a frame."""
    faces = follower.follow(frame.grey, frame.time_s)
    for face in faces:
        model.probabilities(crop_face(frame.grey, face.box_xyxy, model.framing))
    return faces


def spent(work: object) -> float:
    """Return the processor time, in seconds, that a call takes in this thread."""
    assert callable(work)
    began_s = time.thread_time()
    work()
    return time.thread_time() - began_s


if __name__ == "__main__":
    main()
