"""What reading faces should cost on a Raspberry Pi: an estimate, from this machine's costs.

    python -m tests.benchmarks.raspberry_pi [FILM]

Published times of int8 networks on Raspberry Pis give the time of one multiply-accumulate
there, one thread; here the same is measured. Their ratio is applied to all stages but the
capture, which depends on the camera. Other stages gain less from this machine's wide vectors
than the network does, so theirs is rather too high; ``python -m device bench`` on a Pi gives
the truth.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import cv2
import numpy as np

from device import service
from device.config import Settings
from device.costs import Costs
from device.stop import Stop

# MobileNetV1, 569 M multiply-accumulates, on a Pi 3B+ (46 ms) and a Pi 4 (24 ms);
# EfficientDet-Lite0 on one thread of a Pi 4 (198 ms) and a Pi 5 (44 ms). The Zero 2 W has
# the 3B+'s cores at 1.0 GHz in place of 1.4.
_PI_3, _PI_4 = 46 / 569e6, 24 / 569e6
MS_PER_MAC = {
    "Zero 2 W": _PI_3 * 1.4,
    "3B+": _PI_3,
    "4": _PI_4,
    "5": _PI_4 * 44 / 198,
}
# What ``python -m convert`` says of the shipped models.
MACS = {"mien": 106.2e6, "mien-nano": 19.1e6}
LOOK_HZ = Settings().look_hz


def main() -> None:
    """Print a Markdown table: the cost of a look at a frame, and of ten a second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", nargs="?", default=str(service.DEMO), help="a film of one face")
    film = parser.parse_args().film
    cv2.setNumThreads(1)
    costs_ms = {model: stages_ms(film, model) for model in MACS}
    # Of both models' factors the better known one: the larger network's.
    here = costs_ms["mien"]["infer"] / MACS["mien"]
    print("| Raspberry Pi | " + " | ".join(f"`{model}`, a look" for model in MACS) + " | ", end="")
    print(" | ".join(f"`{model}`, of one core" for model in MACS) + " |")
    print("|---|" + "---|" * 2 * len(MACS))
    for board, ms_per_mac in MS_PER_MAC.items():
        looks_ms = [sum(costs_ms[model].values()) * ms_per_mac / here for model in MACS]
        cells = [f"{look_ms:.0f} ms" for look_ms in looks_ms]
        cells += [f"{look_ms * LOOK_HZ / 1000:.0%}" for look_ms in looks_ms]
        print(f"| {board} | " + " | ".join(cells) + " |")
    print(f"\nHere, {', '.join(f'{stage} {ms:.2f}' for stage, ms in costs_ms['mien'].items())} ms")


def stages_ms(film: str, model: str) -> dict[str, float]:
    """Return the mean milliseconds a look of each stage but the capture."""
    costs = Costs(keep=None)
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w", encoding="utf-8") as lines:
        settings = Settings(source=film, model=model, log=str(Path(folder) / "log.jsonl"))
        service.run(settings, Stop(), costs=costs, lines=lines)
    times_s = costs.times_s()
    looks = len(times_s["find"])
    return {
        stage: 1000 * float(np.sum(each)) / looks
        for stage, each in times_s.items()
        if stage != "capture"
    }


if __name__ == "__main__":
    main()
