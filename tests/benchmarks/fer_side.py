"""What the package ``fer`` costs; run by its own environment's Python, not by Mien's.

    python fer_side.py FILM RESULT.json

Its defaults: Haar cascade, every answer on its own.
"""

from __future__ import annotations

import json
import sys
import time

import cv2
from fer.fer import FER

sys.path.insert(0, __file__.rpartition("/")[0])
import steadiness


def main(film: str, result: str) -> None:
    """Answer every frame of ``film``, then the steady clip made of it."""
    cv2.setNumThreads(1)
    detector = FER()
    capture = cv2.VideoCapture(film)
    labels, decoding_s = [], 0.0
    began_s = time.process_time()
    while True:
        before_s = time.process_time()
        ok, picture = capture.read()
        decoding_s += time.process_time() - before_s
        if not ok:
            break
        labels.append(label(detector, picture))
        if len(labels) == 1:
            print("first answer", labels[0], flush=True)
    cpu_s = time.process_time() - began_s - decoding_s
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    still = steadiness.stills(film, steadiness.BEFORE_S, steadiness.AFTER_S)
    steady = [label(detector, picture) for _, picture in steadiness.frames(*still)]
    with open(result, "w", encoding="utf-8") as file:
        json.dump(
            {
                "frames": len(labels),
                "found": sum(name is not None for name in labels),
                "cpu_ms": 1000 * cpu_s / len(labels),
                "changes_per_min": 60 * steadiness.changes(labels) * rate_hz / len(labels),
                "steady_changes_per_min": steadiness.untrue_changes_per_min(steady),
                "delay_s": steadiness.delay_s(steady),
            },
            file,
        )


def label(detector: FER, picture: object) -> str | None:
    """Return the emotion of the largest face, if there is one."""
    faces = detector.detect_emotions(picture)
    if not faces:
        return None
    face = max(faces, key=lambda face: face["box"][2] * face["box"][3])
    return max(face["emotions"], key=face["emotions"].get)


if __name__ == "__main__":
    main(*sys.argv[1:])
