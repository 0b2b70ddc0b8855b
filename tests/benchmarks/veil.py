"""What hiding a part of the picture costs, for each picture that somebody looks at.

    python -m tests.benchmarks.veil            # the demo clip
    python -m tests.benchmarks.veil film.mp4

The program itself reads a film by its default settings, on one core. In each frame that it looks
at: what reading takes; what the loop does more to hand the frame on, by each way of hiding; and
what the thread that shows the picture does more. All are processor times.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from device.config import PictureSettings, Settings
from device.costs import Costs
from device.mask import FaceMask
from device.model import Model
from device.model_store import SHIPPED
from device.onlookers import open_veil
from device.pipeline import Veil
from device.records import BoxXYXY, Face, Frame
from device.service import DEMO, build_pipeline
from device.sources.video import Video
from device.veil.heads import Moment, heads_at

WAYS = (("black", "show"), ("blur", "show"), ("show", "blur"), ("black", "blur"))
DURATION_S = 10
ROUNDS = 500


def main() -> None:
    """Print a Markdown table of medians and 95th percentiles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("film", type=Path, nargs="?", default=DEMO)
    film = parser.parse_args().film
    cv2.setNumThreads(1)  # what other threads do would not be counted
    print("| | times | median, ms | 95 %, ms |\n|---|---|---|---|")
    for name, times_s in rows(film):
        median, high = 1000 * np.percentile(times_s, [50, 95])
        print(f"| {name} | {len(times_s)} | {median:.2f} | {high:.2f} |", flush=True)


def rows(film: Path) -> Iterator[tuple[str, list[float]]]:
    """Yield the times, in seconds, of each thing that is measured."""
    yield "the mask's network, one crop", inference()
    yield "where thirty heads are, after two seconds", crowd()
    with Clocked(film) as source:
        measures = Measures(source)
        model = Model(SHIPPED / "mien.tflite")
        pipeline = build_pipeline(Settings(), source, model, [], Costs(), veil=measures)
        pipeline.run(threading.Event(), DURATION_S)
    yield "reading a frame", measures.reading
    yield "handing it on, each way of hiding", measures.handing
    for (background, faces), times_s in measures.looks.items():
        yield f"showing it: background {background}, faces {faces}", times_s


def inference() -> list[float]:
    """Return how long the network takes for one crop."""
    mask = FaceMask(SHIPPED / "mask.tflite")
    crop = np.random.default_rng(0).integers(0, 256, (mask.side_px,) * 2, dtype=np.uint8)
    return [spent(lambda: mask.logits(crop)) for _ in range(ROUNDS)]


def crowd() -> list[float]:
    """Return how long it takes to tell where they are who were found twice in each of 21 looks."""
    generator = np.random.default_rng(0)
    starts = np.array([(60 * (n % 10), 120 * (n // 10)) for n in range(30)])

    def boxes() -> frozenset[BoxXYXY]:
        corners = (starts + generator.integers(-2, 3, starts.shape)).tolist()
        return frozenset((x, y, x + 40, y + 40) for x, y in corners)

    moments = [Moment(look / 10, (640, 480), boxes()) for look in range(21) for _ in range(2)]
    return [spent(lambda: heads_at(moments, 2.0)) for _ in range(ROUNDS // 5)]


class Clocked(Video):
    """A film that notes when, in processor time, it gave a frame."""

    given_s = 0.0

    def __iter__(self) -> Iterator[Frame]:
        for frame in super().__iter__():
            self.given_s = time.thread_time()
            yield frame


class Measures:
    """Takes the veil's place: measures what was read by then, and each way of hiding.

    reading, handing, looks: the times in seconds, the last ones of each way.
    """

    def __init__(self, source: Clocked) -> None:
        self._source = source
        self._veils = {way: opened(source, *way) for way in WAYS}
        self.reading: list[float] = []
        self.handing: list[float] = []
        self.looks: dict[tuple[str, str], list[float]] = {way: [] for way in WAYS}

    def over(self, frame: Frame, faces: Sequence[Face], suspects: Sequence[BoxXYXY]) -> Frame:
        """Measure, and return the frame as it is."""
        self.reading.append(time.thread_time() - self._source.given_s)
        for way, veil in self._veils.items():
            began_s = time.thread_time()
            shown = veil.over(frame, faces, suspects)
            self.handing.append(time.thread_time() - began_s)
            self.looks[way].append(spent(lambda shown=shown: shown.bgr))
        return frame


def opened(video: Video, background: str, faces: str) -> Veil:
    """Return what hides as a user has asked for it."""
    picture = PictureSettings(background, faces)  # type: ignore[arg-type]
    veil = open_veil(Settings(picture=picture), video, Costs())
    assert veil is not None
    return veil


def spent(work: Callable[[], object]) -> float:
    """Return the processor time, in seconds, that a call takes in this thread."""
    began_s = time.thread_time()
    work()
    return time.thread_time() - began_s


if __name__ == "__main__":
    main()
