"""``python -m training predict``: read the faces in pictures."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from training.counted import counted
from training.errors import DataError
from training.shipped import INT8_MODEL

if TYPE_CHECKING:
    from training.annotated import ReadFace

HELP = "read the faces in pictures, and draw what is read"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add(
        "images", type=Path, nargs="+", metavar="IMAGE",
        help="a picture, or a folder of them; one of 48x48 is a face as it is",
    )  # fmt: skip
    add(
        "--model", type=Path, default=INT8_MODEL, metavar="MODEL",
        help="a .keras or .tflite file (default: the shipped .tflite)",
    )  # fmt: skip
    add(
        "--out", type=Path, default=Path("runs") / "predict", metavar="FOLDER",
        help="where the drawings go (default: runs/predict)",
    )  # fmt: skip
    add("--json", action="store_true", help="print a line of JSON for each picture")


def run(arguments: argparse.Namespace) -> None:
    """Read each picture. One that cannot be read has its line, and the exit code is 1."""
    from training.annotated import draw_faces
    from training.image_file import read_colour
    from training.predict import Predictor, output_paths

    predictor = Predictor(arguments.model)
    pictures, whole = _pictures(arguments.images)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for path, output in zip(pictures, output_paths(pictures, arguments.out), strict=True):
        try:
            faces = predictor.predict(path)
            if faces:
                draw_faces(read_colour(path), faces, output)
        except DataError as error:
            whole = _told(error)
            continue
        print(_json(path, output, faces) if arguments.json else _text(path, output, faces))
    if not whole:
        raise SystemExit(1)


def _pictures(given: list[Path]) -> tuple[list[Path], bool]:
    """Return the pictures that are meant, and whether there are some for each path."""
    from training.predict import pictures_at

    pictures, whole = [], True
    for path in given:
        try:
            pictures += pictures_at(path)
        except DataError as error:
            whole = _told(error)
    return pictures, whole


def _told(error: DataError) -> bool:
    print(f"predict: {error}", file=sys.stderr)
    return False


def _text(path: Path, output: Path, faces: list[ReadFace]) -> str:
    if not faces:
        return f"{path}: no face found"
    lines = [f"{path}: {counted(len(faces), 'face')}, drawn in {output}"]
    for number, face in enumerate(faces, start=1):
        left, top, right, bottom = face.box_xyxy
        shares = ", ".join(f"{name} {p:.0%}" for name, p in face.answer.probabilities.items())
        lines.append(f"  {number}: {face.answer} in {left},{top} to {right},{bottom} ({shares})")
    return "\n".join(lines)


def _json(path: Path, output: Path, faces: list[ReadFace]) -> str:
    """Return one line; a face has the names that it has in the device's log."""
    read = [
        {
            "face": number,
            "box_xyxy": face.box_xyxy,
            "emotion": face.answer.emotion,
            "probability": round(face.answer.probability, 4),
            "probabilities": {n: round(p, 4) for n, p in face.answer.probabilities.items()},
        }
        for number, face in enumerate(faces, start=1)
    ]
    return json.dumps({"image": str(path), "faces": read, "drawn": str(output) if faces else None})
